/// Why a connection was not taken: the label `reason`.
enum ConnectionRefusal: String, CaseIterable, Sendable {
    /// Its address has as many open as it may.
    case tooManyOfAddress = "address_open"
    /// Its address opened as many in this second as it may.
    case tooFast = "address_rate"
    /// The relay has as many as it may: they wait in the system's queue.
    case relayFull = "max_connections"
}
