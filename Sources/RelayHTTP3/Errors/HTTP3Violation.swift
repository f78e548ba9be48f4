/// What a peer has done against the protocol.
public struct HTTP3Violation: Error, Hashable, Sendable {
    /// What it ends.
    public enum Scope: Hashable, Sendable {
        /// The stream is reset, and the connection goes on.
        case stream
        /// The connection is closed.
        case connection
    }

    /// What ends for it.
    public let scope: Scope
    /// What the peer is told.
    public let code: HTTP3ErrorCode
    /// For people.
    public let reason: String

    /// One for which the stream is reset.
    public static func stream(_ code: HTTP3ErrorCode, _ reason: String) -> HTTP3Violation {
        HTTP3Violation(scope: .stream, code: code, reason: reason)
    }

    /// One for which the connection is closed.
    public static func connection(_ code: HTTP3ErrorCode, _ reason: String) -> HTTP3Violation {
        HTTP3Violation(scope: .connection, code: code, reason: reason)
    }
}
