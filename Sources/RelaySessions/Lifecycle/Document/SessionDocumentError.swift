/// Why bytes are no session.
public enum SessionDocumentError: Error, Hashable, Sendable {
    /// They don't begin as a stored session does.
    case notASession
    /// A later relay wrote them.
    case unknownVersion(UInt8)
    /// They end too early or too late, or say what no session can be.
    case damaged
}
