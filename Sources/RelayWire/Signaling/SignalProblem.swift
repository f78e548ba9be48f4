public import NIOCore

/// Why a client's text message was refused before anything came of it.
public struct SignalProblem: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        /// No JSON, or not what its type has.
        case badMessage = "bad_message"
        /// No dialect has the type, or only the relay sends it.
        case unknownType = "unknown_type"
    }

    public let code: Code
    /// Plain English, fit to be sent to the client. Holds nothing of the message.
    public let message: String
    /// The message's `id`, where it could be read: JSON, as sent.
    public let requestID: ByteBuffer?
}
