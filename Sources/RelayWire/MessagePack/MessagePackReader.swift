public import NIOCore

/// Reads MessagePack values one after another from the readable bytes of a buffer.
///
/// What a value claims to hold is checked against the bytes that are there, before anything is made of it. After an error the reader's
/// place means nothing: stop using it.
public struct MessagePackReader: Sendable {
    /// Containers inside each other. Deeper values are refused. A relay puts three levels around a value, with which its JSON stays below
    /// ``JSONScanner/maximumDepth``.
    public static let maximumDepth = 100

    private let buffer: ByteBuffer
    /// Changed in a copy, which is then put back: the buffer's span borrows the whole reader.
    private var place: MessagePackPlace

    public init(_ buffer: ByteBuffer) {
        self.init(buffer, at: 0)
    }

    /// - Parameter offset: where a value begins, from the first readable byte.
    init(_ buffer: ByteBuffer, at offset: Int) {
        self.buffer = buffer
        self.place = MessagePackPlace(offset: offset)
    }

    /// How many bytes were not read yet.
    public var remainingBytes: Int { self.buffer.readableBytes - self.place.offset }

    /// Reads a value's head. What it announces must be read next.
    public mutating func head() throws(MessagePackError) -> MessagePackHead {
        var place = self.place
        let head = try place.head(self.buffer.readableBytesUInt8Span)
        self.place = place
        return head
    }

    /// Takes the bytes that a head has announced. They share memory with the buffer.
    public mutating func bytes(size: Int) throws(MessagePackError) -> ByteBuffer {
        let start = self.buffer.readerIndex + self.place.offset
        guard let bytes = self.buffer.getSlice(at: start, length: size) else { throw .truncated }
        self.place.offset += size
        return bytes
    }

    /// Takes the text that a head has announced, which must be UTF-8.
    public mutating func text(size: Int) throws(MessagePackError) -> String {
        let bytes = try self.bytes(size: size)
        let span = bytes.readableBytesUInt8Span
        // Nearly all are plain ASCII, which needs no other check.
        if span.endOfPlainText(from: 0) == span.count { return span.string(0..<span.count) }
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw MessagePackError("a text is not UTF-8")
        }
        return text
    }

    /// Reads past the next value, whatever it is.
    public mutating func skip() throws(MessagePackError) {
        var place = self.place
        try place.skip(self.buffer.readableBytesUInt8Span)
        self.place = place
    }
}
