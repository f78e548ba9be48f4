/// The text is not JSON (RFC 8259), or is nested deeper than ``JSONScanner/maximumDepth``.
public struct JSONError: Error, Hashable, Sendable {
    /// Where the scanner stopped, in bytes from the start of the text.
    public let offset: Int
    /// What was expected there, in plain English. Never holds bytes of the text.
    public let message: String

    init(_ message: String, at offset: Int) {
        self.offset = offset
        self.message = message
    }
}
