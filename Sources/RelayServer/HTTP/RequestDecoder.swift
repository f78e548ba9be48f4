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

    private let decoder: HTTPRequestDecoder
    /// Whether all that arrives is dropped.
    var isDeaf = false
    /// What has come of a head that is not complete, bytes. Its reader takes it back to 0 with each part that it gets.
    var pendingBytes = 0
    /// What was left in the buffer.
    private var leftBytes = 0

    init() {
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

    func decoderAdded(context: ChannelHandlerContext) { self.decoder.decoderAdded(context: context) }

    func decoderRemoved(context: ChannelHandlerContext) { self.decoder.decoderRemoved(context: context) }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        self.pendingBytes += buffer.readableBytes - self.leftBytes
        let state = self.isDeaf ? .needMoreData : try self.decoder.decode(context: context, buffer: &buffer)
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
        guard !self.isDeaf else {
            buffer.clear()
            return .needMoreData
        }
        return try self.decoder.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }
}
