public import RelayCore

/// Why nobody can be let into a document now.
public enum DocumentRefusal: Error, Hashable, Sendable {
    /// The topic is missing, may not be read or made, or its store can't be asked.
    case broker(BrokerError)
    /// As many documents are in memory as may be.
    case tooManyDocuments
    /// As many are connected to it as may be.
    case tooManyConnections
    /// As many of them are the user's, or come from the address, as may be.
    case tooManyOfUser
    /// There is no memory for it.
    case noMemory
}
