/// What applications in a document tell each other beside it: any text, of which nothing is kept.
///
/// As bytes it is `uint` dialect, `uint` sender, `string` text in lib0's encoding.
public struct StatelessMessage: Hashable, Sendable {
    /// Whose protocol it belongs to. Clients of others could not read it.
    public enum Dialect: UInt64, Hashable, Sendable {
        /// Zeal's custom messages, which are JSON.
        case zeal = 4
        /// Hocuspocus' stateless messages.
        case hocuspocus = 5
    }

    public let dialect: Dialect
    /// Tells the sender's own messages apart from others'. Up to 2^53 - 1.
    public let sender: UInt64
    /// UTF-8.
    public let text: [UInt8]

    public init(_ dialect: Dialect, from sender: UInt64, _ text: [UInt8]) {
        self.dialect = dialect
        self.sender = sender
        self.text = text
    }

    /// - Throws: `truncated`, `trailingBytes`, `numberTooLarge`, `invalidText`; `malformed` of a dialect that is none.
    public init(_ bytes: Span<UInt8>) throws(DocumentError) {
        var offset = 0
        guard let dialect = Dialect(rawValue: try bytes.uint(at: &offset)) else { throw .malformed }
        self.dialect = dialect
        self.sender = try bytes.uint(at: &offset)
        self.text = bytes.copy(try bytes.text(at: &offset).bytes)
        try bytes.expectEnd(at: offset)
    }

    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(self.text.count + 16)
        output.append(uint: self.dialect.rawValue)
        output.append(uint: self.sender)
        output.append(block: self.text)
        return output
    }
}
