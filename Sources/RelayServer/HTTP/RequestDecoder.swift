import NIOCore
import NIOHTTP1

/// Turns a connection's bytes into the parts of requests, and keeps none that nobody will hear.
///
/// NIO's decoder stops at a request that asks for another protocol (`CONNECT`, `Upgrade`) and leaves what follows in its buffer,
/// for the protocol that comes next. Where none comes, the bytes would gather there. So the connection tells this decoder when it hears no
/// more, and what arrives then is dropped. Until then the connection holds back its reads while an answer is due.
final class RequestDecoder: ByteToMessageDecoder {
    typealias InboundOut = HTTPServerRequestPart

    /// Bytes that may wait for the rest of a line of a head, or for a protocol to take over. One read of the socket brings no more, and
    /// a line that is longer than its limit is refused before.
    static let maxWaitingBytes = 128 << 10

    /// Nil once nothing is decoded any more.
    private var decoder: HTTPRequestDecoder?
    /// Whether all that arrives is dropped.
    var isDeaf = false
    /// What has come of a head that is not complete, bytes; at most, see ``gave(_:)``.
    private(set) var pendingBytes = 0
    /// What was left in the buffer.
    private var leftBytes = 0
    /// What the read that is being decoded has brought, bytes.
    private var readBytes = 0
    private var isDecoding = false

    /// - Parameter hears: false for the requests of a stream, which are no bytes.
    init(hears: Bool = true) {
        self.isDeaf = !hears
        guard hears else { return }
        self.decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .forwardBytes,
            informationalResponseStrategy: .drop,
            limitConfiguration: Self.headLimits
        )
    }

    /// What a request's head may hold: room for a large token and a browser's cookies, not more.
    private static var headLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 64 << 10
        limits.maxHeaderFieldCount = 100
        return limits
    }

    func decoderAdded(context: ChannelHandlerContext) { self.decoder?.decoderAdded(context: context) }

    func decoderRemoved(context: ChannelHandlerContext) { self.decoder?.decoderRemoved(context: context) }

    /// The reader has got a part of a request. What remains is what has come behind it, in the same read at most.
    ///
    /// A part does not say how long it was as it came. What can't be told from its texts, such as the frames of chunks, counts as pending
    /// until the next read brings a part.
    func gave(_ part: HTTPServerRequestPart) {
        guard self.pendingBytes > RequestCharge.smallChange else { return self.pendingBytes = 0 }
        self.pendingBytes = max(0, min(self.pendingBytes - part.leastBytes, self.readBytes))
    }

    /// Frees what has come of a head that nobody will hear, once the bytes at hand are decoded.
    func endHearing(_ context: ChannelHandlerContext) {
        self.isDeaf = true
        guard !self.isDecoding else { return }
        self.decoder?.decoderRemoved(context: context)
        self.decoder = nil
        self.pendingBytes = 0
    }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        self.readBytes = buffer.readableBytes - self.leftBytes
        self.pendingBytes += self.readBytes
        self.isDecoding = true
        defer { self.isDecoding = false }
        let decoder = self.isDeaf ? nil : self.decoder
        let state = try decoder?.decode(context: context, buffer: &buffer) ?? .needMoreData
        // The connection may have stopped hearing by what it was just told.
        if self.isDeaf {
            buffer.clear()
            self.pendingBytes = 0
        }
        self.leftBytes = buffer.readableBytes
        return state
    }

    func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState {
        guard !self.isDeaf, let decoder = self.decoder else {
            buffer.clear()
            return .needMoreData
        }
        return try decoder.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }
}

extension HTTPServerRequestPart {
    /// How many bytes it took at least.
    fileprivate var leastBytes: Int {
        switch self {
        case .head(let head):
            head.headers.reduce(head.uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        case .body(let bytes): bytes.readableBytes
        case .end: 0
        }
    }
}
