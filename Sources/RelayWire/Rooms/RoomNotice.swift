public import NIOCore

/// What the client of a room is told in text.
public enum RoomNotice: Hashable, Sendable {
    case joined(room: String, clientID: String)
    case failed(text: String, code: String)

    /// As a whole text frame.
    public var framed: ByteBuffer {
        let size = JSONSize.of { self.put(into: &$0) }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(WebSocketFraming.headerSize(payloadSize: size) + size)
        WebSocketFraming.writeHeader(.text, payloadSize: size, into: &buffer)
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.put(into: &$0) }
        return buffer
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self {
        case .joined(let room, let clientID):
            sink.put(#"{"action":"joined","room":"#)
            sink.put(text: room)
            sink.put(#","clientId":"#)
            sink.put(text: clientID)
        case .failed(let text, let code):
            sink.put(#"{"action":"error","error":"#)
            sink.put(text: text)
            sink.put(#","code":"#)
            sink.put(text: code)
        }
        sink.put("}")
    }
}
