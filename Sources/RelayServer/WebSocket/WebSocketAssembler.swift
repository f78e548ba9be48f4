import NIOCore
import NIOWebSocket

/// Puts a client's frames together into messages, and holds the client to RFC 6455.
///
/// Pure: frames in, events out. After a violation or a close nothing more may be fed.
struct WebSocketAssembler {
    enum Event: Equatable {
        /// A complete text message, which is UTF-8.
        case text(ByteBuffer)
        /// A complete binary message.
        case binary(ByteBuffer)
        /// A part of a binary message, which may be empty, and whether the message ends with it.
        case piece(WebSocketPiece, endsMessage: Bool)
        /// Answer with a pong of the same data.
        case ping(ByteBuffer)
        case pong
        /// The client closes; the code is what it gave, if any.
        case close(UInt16?)
        /// The client broke the protocol: close with this code and reason.
        case violation(WebSocketErrorCode, String)
        /// Nothing to do yet.
        case incomplete
    }

    private let maxMessageBytes: Int
    /// Whether frames are handed on as they come, as parts of binary messages of any length.
    private let handsOnPieces: Bool
    /// Whose frames they are: a client masks them, a server does not.
    private let sender: WebSocketRole
    /// The message that is coming in pieces: how its text is checked, nil for a binary one, and its bytes so far.
    private var partial: (check: TextCheck?, bytes: ByteBuffer)?

    init(maxMessageBytes: Int, handsOnPieces: Bool = false, from sender: WebSocketRole = .client) {
        self.maxMessageBytes = maxMessageBytes
        self.handsOnPieces = handsOnPieces
        self.sender = sender
    }

    mutating func receive(_ frame: WebSocketFrame) -> Event {
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return .violation(.protocolError, "Reserved bits are set")
        }
        switch (self.sender, frame.maskKey) {
        case (.client, nil): return .violation(.protocolError, "Client frames must be masked")
        case (.server, .some): return .violation(.protocolError, "Server frames must not be masked")
        case (.client, .some), (.server, nil): break
        }
        switch frame.opcode {
        case .text: return self.begin(frame, isText: true)
        case .binary: return self.begin(frame, isText: false)
        case .continuation: return self.proceed(frame)
        case .ping: return Self.control(frame) { .ping($0) }
        case .pong: return Self.control(frame) { _ in .pong }
        case .connectionClose: return Self.control(frame, Self.close)
        default: return .violation(.protocolError, "Unknown opcode")
        }
    }

    private mutating func begin(_ frame: WebSocketFrame, isText: Bool) -> Event {
        guard self.partial == nil else {
            return .violation(.protocolError, "A message began inside another")
        }
        if self.handsOnPieces {
            return isText ? .violation(.unacceptableData, "Only binary messages are taken here") : self.handOn(frame)
        }
        return self.add(frame, to: (isText ? TextCheck() : nil, frame.unmaskedData))
    }

    private mutating func proceed(_ frame: WebSocketFrame) -> Event {
        guard var message = self.partial else {
            return .violation(.protocolError, "A continuation of nothing")
        }
        if self.handsOnPieces { return self.handOn(frame) }
        self.partial = nil
        var data = frame.unmaskedData
        // Sizes first: what is too large is not copied.
        guard message.bytes.readableBytes + data.readableBytes <= self.maxMessageBytes else { return Self.tooLarge }
        message.bytes.writeBuffer(&data)
        return self.add(frame, to: message)
    }

    /// Nothing is kept but that the message goes on.
    private mutating func handOn(_ frame: WebSocketFrame) -> Event {
        self.partial = frame.fin ? nil : (nil, ByteBuffer())
        return .piece(WebSocketPiece(frame.data, key: frame.maskKey), endsMessage: frame.fin)
    }

    private mutating func add(_ frame: WebSocketFrame, to message: (check: TextCheck?, bytes: ByteBuffer)) -> Event {
        var message = message
        guard message.bytes.readableBytes <= self.maxMessageBytes else { return Self.tooLarge }
        guard message.check?.accepts(message.bytes, isComplete: frame.fin) ?? true else { return Self.noText }
        guard frame.fin else {
            self.partial = message
            return .incomplete
        }
        return message.check == nil ? .binary(message.bytes) : .text(message.bytes)
    }

    private static func control(_ frame: WebSocketFrame, _ event: (ByteBuffer) -> Event) -> Event {
        let data = frame.unmaskedData
        guard frame.fin, data.readableBytes <= 125 else {
            return .violation(.protocolError, "A control frame is fragmented or too long")
        }
        return event(data)
    }

    private static func close(_ data: ByteBuffer) -> Event {
        var data = data
        guard data.readableBytes != 1 else { return .violation(.protocolError, "A close code is cut short") }
        guard let code: UInt16 = data.readInteger() else { return .close(nil) }
        guard self.isLegal(code) else { return .violation(.protocolError, "An illegal close code") }
        var check = TextCheck()
        return check.accepts(data, isComplete: true) ? .close(code) : self.noText
    }

    /// RFC 6455, 7.4: what an endpoint may send.
    private static func isLegal(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    private static let noText = Event.violation(.dataInconsistentWithMessage, "Text is not UTF-8")
    private static let tooLarge = Event.violation(.messageTooLarge, "Message too large")
}
