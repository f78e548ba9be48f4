public import RelayCore

/// Begins documents within sessions, which have them.
public protocol DocumentSharing: Sendable {
    /// Makes the document one of its session's. Nothing happens where it is already.
    ///
    /// - Parameter name: with a session.
    /// - Returns: whether the session has it only now.
    /// - Throws: `missing` where there is no such session, `denied`, `full`, or `store`.
    func share(_ name: DocumentName, as principal: Principal) async throws(BrokerError) -> Bool
}
