/// Bytes are no MessagePack, or hold what has no place where they are read.
public struct MessagePackError: Error, Hashable, Sendable {
    /// What is wrong, in plain English. Never holds bytes of the input.
    public let message: String

    public init(_ message: String) {
        self.message = message
    }

    static let truncated = MessagePackError("a value is longer than what is there")
    static let tooDeep = MessagePackError("nested too deep")
}
