public import NIOCore

/// What two relays say to each other of a tunnel whose peers have their QUIC connections at both of them.
///
/// Each is a binary message of a WebSocket: a byte for its kind, and then numbers of QUIC and texts in the order in which they stand here. A
/// text has its size before it. Bytes come last, and go to the message's end.
///
/// A stream has one number at both relays. It is even where the tunnel's opener, whose relay has made the connection, has opened it.
public enum TunnelLinkMessage: Hashable, Sendable {
    /// The first message: a peer of this relay wants a tunnel, which it has as this number.
    case bind(tunnel: String, number: UInt64, kind: String)
    /// The answer: the other peer has it.
    case bound
    /// The other answer, which ends the connection: as the code of an `error`.
    case refused(String)
    /// Instead of ``bind(tunnel:number:kind:)``: the peer has come to this relay, and its connection at the other is to end.
    case moved
    /// The tunnel is no more, for this reason.
    case unbound(String)
    /// A client has opened a stream.
    case open(UInt64)
    /// The other client has its counterpart: bytes may come.
    case opened(UInt64)
    case data(UInt64, ByteBuffer)
    /// A client sends no more.
    case finished(UInt64)
    /// A client has taken so many bytes.
    case taken(UInt64, Int)
    /// A client has given up what it sends, by this code.
    case reset(UInt64, code: UInt64)
    /// A client wants no more, by this code.
    case stop(UInt64, code: UInt64)
    /// The relay ends both directions.
    case end(UInt64, code: UInt64)
    /// Both directions are done at a client.
    case closed(UInt64)
    case datagram(ByteBuffer)

    private enum Kind: UInt8 {
        case bind = 1
        case bound = 2
        case refused = 3
        case moved = 4
        case unbound = 5
        case open = 6
        case opened = 7
        case data = 8
        case finished = 9
        case taken = 10
        case reset = 11
        case stop = 12
        case end = 13
        case closed = 14
        case datagram = 15
    }

    /// - Returns: nil for what is none of these.
    public init?(_ bytes: ByteBuffer) {
        var bytes = bytes
        guard let kind = bytes.readInteger(as: UInt8.self).flatMap({ Kind(rawValue: $0) }),
            let message = Self.message(kind, &bytes), bytes.readableBytes == 0
        else { return nil }
        self = message
    }

    private static func message(_ kind: Kind, _ bytes: inout ByteBuffer) -> TunnelLinkMessage? {
        switch kind {
        case .bind: self.bind(&bytes)
        case .bound: .bound
        case .refused: bytes.readText().map { .refused($0) }
        case .moved: .moved
        case .unbound: bytes.readText().map { .unbound($0) }
        case .datagram: .datagram(bytes.readRest())
        case .open, .opened, .data, .finished, .taken, .reset, .stop, .end, .closed:
            bytes.readQUICVarint().flatMap { self.message(kind, of: $0, &bytes) }
        }
    }

    private static func bind(_ bytes: inout ByteBuffer) -> TunnelLinkMessage? {
        guard let tunnel = bytes.readText(), let number = bytes.readQUICVarint(), let kind = bytes.readText() else {
            return nil
        }
        return .bind(tunnel: tunnel, number: number, kind: kind)
    }

    private static func message(_ kind: Kind, of stream: UInt64, _ bytes: inout ByteBuffer) -> TunnelLinkMessage? {
        switch kind {
        case .open: .open(stream)
        case .opened: .opened(stream)
        case .finished: .finished(stream)
        case .closed: .closed(stream)
        case .data: .data(stream, bytes.readRest())
        case .taken: bytes.readQUICVarint().map { .taken(stream, Int($0)) }
        case .reset: bytes.readQUICVarint().map { .reset(stream, code: $0) }
        case .stop: bytes.readQUICVarint().map { .stop(stream, code: $0) }
        case .end: bytes.readQUICVarint().map { .end(stream, code: $0) }
        case .bind, .bound, .refused, .moved, .unbound, .datagram: nil
        }
    }

    /// The peers' bytes in it; none in most.
    public var payload: ByteBuffer {
        switch self {
        case .data(_, let bytes), .datagram(let bytes): bytes
        default: ByteBuffer()
        }
    }

    /// All that comes before ``payload``.
    public var head: ByteBuffer {
        var head = ByteBuffer()
        head.writeInteger(self.kind.rawValue)
        switch self {
        case .bind(let tunnel, let number, let kind):
            head.writeText(tunnel)
            head.writeQUICVarint(number)
            head.writeText(kind)
        case .refused(let text), .unbound(let text): head.writeText(text)
        case .open(let stream), .opened(let stream), .finished(let stream), .closed(let stream), .data(let stream, _):
            head.writeQUICVarint(stream)
        case .taken(let stream, let count):
            head.writeQUICVarint(stream)
            head.writeQUICVarint(UInt64(count))
        case .reset(let stream, let code), .stop(let stream, let code), .end(let stream, let code):
            head.writeQUICVarint(stream)
            head.writeQUICVarint(code)
        case .bound, .moved, .datagram: break
        }
        return head
    }

    private var kind: Kind {
        switch self {
        case .bind: .bind
        case .bound: .bound
        case .refused: .refused
        case .moved: .moved
        case .unbound: .unbound
        case .open: .open
        case .opened: .opened
        case .data: .data
        case .finished: .finished
        case .taken: .taken
        case .reset: .reset
        case .stop: .stop
        case .end: .end
        case .closed: .closed
        case .datagram: .datagram
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeText(_ text: String) {
        self.writeQUICVarint(UInt64(text.utf8.count))
        self.writeString(text)
    }

    fileprivate mutating func readText() -> String? {
        guard let count = self.readQUICVarint(), let bytes = self.readSlice(length: Int(count)) else { return nil }
        return String(validating: bytes.readableBytesView, as: UTF8.self)
    }

    fileprivate mutating func readRest() -> ByteBuffer { self.readSlice(length: self.readableBytes) ?? ByteBuffer() }
}
