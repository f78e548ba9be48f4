public import NIOCore

/// How a server writes an event stream (`text/event-stream`, server-sent events).
public enum EventStreamFraming {
    /// Writes one event: its id, its name (the frame's type) and the frame's JSON as its data.
    ///
    /// - Parameter cursor: what the client sends back as `Last-Event-ID`; nil leaves the client's unchanged. Line
    ///   breaks and NUL can't be sent, and are left out.
    public static func write(_ frame: ServerFrame, cursor: String?, into buffer: inout ByteBuffer) {
        self.reserve(frame, cursorSize: cursor?.utf8.count ?? 0, in: &buffer)
        if let cursor {
            buffer.writeStaticString("id: ")
            buffer.writeString(self.line(cursor))
            buffer.writeStaticString("\n")
        }
        self.writeData(of: frame, into: &buffer)
    }

    /// The same for a stream of one topic, whose cursor is a message's id.
    public static func write(_ frame: ServerFrame, cursor: MessageID, into buffer: inout ByteBuffer) {
        self.reserve(frame, cursorSize: cursor.textSize, in: &buffer)
        buffer.writeStaticString("id: ")
        buffer.writeMessageID(cursor)
        buffer.writeStaticString("\n")
        self.writeData(of: frame, into: &buffer)
    }

    /// Writes a comment, which keeps a connection alive and is seen by no one.
    public static func writeKeepAlive(into buffer: inout ByteBuffer) {
        buffer.writeStaticString(": keep-alive\n\n")
    }

    /// Tells the client how long to wait before it connects again.
    public static func writeRetry(milliseconds: UInt32, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("retry: ")
        buffer.writeWithOutputRawSpan(minimumWritableBytes: 10) { $0.append(decimal: UInt64(milliseconds)) }
        buffer.writeStaticString("\n\n")
    }

    /// `id: `, `event: subscribed`, `data: ` and their line ends.
    private static let frameSize = 64

    private static func reserve(_ frame: ServerFrame, cursorSize: Int, in buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: Self.frameSize + cursorSize + frame.size)
    }

    private static func writeData(of frame: ServerFrame, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("event: ")
        buffer.writeStaticString(frame.name)
        buffer.writeStaticString("\ndata: ")
        let start = buffer.writerIndex
        frame.write(into: &buffer)
        self.joinLines(of: &buffer, from: start)
        buffer.writeStaticString("\n\n")
    }

    /// A payload may be published with line breaks between its tokens, which would end the data. As they mean nothing
    /// in JSON, they become spaces. U+0085, U+2028 and U+2029 end no line of an event stream, but some parsers take them for line ends:
    /// JSON has them in strings only, where they are written as escapes.
    private static func joinLines(of buffer: inout ByteBuffer, from start: Int) {
        var index = start
        while let found = buffer.lineBreak(from: index) {
            if found.size == 1 {
                buffer.setInteger(UInt8(ascii: " "), at: found.index)
                index = found.index + 1
            } else {
                let rest = buffer.getSlice(
                    at: found.index + found.size,
                    length: buffer.writerIndex - found.index - found.size
                )
                let escape: StaticString =
                    switch (found.size, buffer.getInteger(at: found.index + found.size - 1, as: UInt8.self)) {
                    case (2, _): "\\u0085"
                    case (_, 0xA8): "\\u2028"
                    default: "\\u2029"
                    }
                buffer.moveWriterIndex(to: found.index)
                buffer.writeStaticString(escape)
                index = buffer.writerIndex
                if let rest { buffer.writeImmutableBuffer(rest) }
            }
        }
    }

    private static func line(_ text: String) -> String {
        let breaks: Set<Unicode.Scalar> = ["\0", "\n", "\r"]
        guard text.unicodeScalars.contains(where: breaks.contains) else { return text }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: text.unicodeScalars.filter { !breaks.contains($0) })
        return String(line)
    }
}

extension ByteBuffer {
    /// The next character that ends a line, for any parser.
    ///
    /// - Parameter index: absolute, as is the result's.
    fileprivate func lineBreak(from index: Int) -> (index: Int, size: Int)? {
        let bytes = self.readableBytesUInt8Span
        for offset in index - self.readerIndex..<bytes.count {
            switch bytes[offset] {
            case 0x0A, 0x0D:
                return (offset + self.readerIndex, 1)
            case 0xC2 where offset + 1 < bytes.count && bytes[offset + 1] == 0x85:
                return (offset + self.readerIndex, 2)
            case 0xE2
            where offset + 2 < bytes.count && bytes[offset + 1] == 0x80 && bytes[offset + 2] | 1 == 0xA9:
                return (offset + self.readerIndex, 3)
            default: continue
            }
        }
        return nil
    }
}

extension ServerFrame {
    /// The frame's `type`.
    public var name: StaticString {
        switch self {
        case .message: "message"
        case .subscribed: "subscribed"
        case .pong: "pong"
        case .error: "error"
        case .gap: "gap"
        case .published: "published"
        case .acked: "acked"
        case .tokenExpiring: "token_expiring"
        case .authenticated: "authenticated"
        case .presence: "presence"
        }
    }
}
