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
    /// in JSON, they become spaces.
    private static func joinLines(of buffer: inout ByteBuffer, from start: Int) {
        var index = start
        while let found = buffer.lineBreak(from: index) {
            buffer.setInteger(UInt8(ascii: " "), at: found)
            index = found + 1
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
    /// - Parameter index: absolute, as is the result.
    fileprivate func lineBreak(from index: Int) -> Int? {
        let bytes = self.readableBytesUInt8Span
        for offset in index - self.readerIndex..<bytes.count
        where bytes[offset] == UInt8(ascii: "\n") || bytes[offset] == UInt8(ascii: "\r") {
            return offset + self.readerIndex
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
        case .tokenExpiring: "token_expiring"
        case .authenticated: "authenticated"
        }
    }
}
