/// Why a whole message means nothing to the relay. The stream goes on behind it.
public struct QUICRelayProblem: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        case badMessage = "bad_message"
        case unknownType = "unknown_type"
    }

    public let code: Code
    /// What is wrong, in plain English. Never holds bytes of the message.
    public let message: String
    /// Of the message, where it could be read.
    public let id: UInt64?

    init(_ code: Code, _ message: String, id: UInt64?) {
        self.code = code
        self.message = message
        self.id = id
    }
}
