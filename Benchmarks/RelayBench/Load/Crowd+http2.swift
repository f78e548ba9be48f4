import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

extension Crowd {
    /// The same over HTTP/2. Returns when all have begun.
    ///
    /// - Parameter connections: that carry them, as many each.
    static func eventStreams(
        _ count: Int,
        on connections: Int,
        topics: [String],
        of server: Server,
        from client: LoadClient
    ) async throws -> Crowd {
        let log = DeliveryLog()
        let client = try client.overTLS(["h2"])
        let headers = HPACKHeaders([
            (":method", "GET"), (":scheme", "https"), (":authority", "127.0.0.1"),
            (":path", "/sse?topics=" + topics.joined(separator: ",")),
            ("authorization", "Bearer \(server.dialect.token)"),
        ])
        let channels = try await client.many(connections) { index in
            let (channel, streams) = try await self.connectHTTP2(server, from: client, index)
            for _ in 0..<count / connections {
                let joined = channel.eventLoop.makePromise(of: Void.self)
                streams.createStreamChannel(promise: nil) { stream in
                    stream.eventLoop.makeCompletedFuture {
                        let events = EventStreamHandler(request: ByteBuffer(), log: log, joined: joined)
                        try stream.pipeline.syncOperations.addHandlers(EventStreamFrames(headers), events)
                    }
                }
                try await joined.futureResult.get()
            }
            return channel
        }
        return Crowd(log: log, channels: channels)
    }

    private static func connectHTTP2(
        _ server: Server,
        from client: LoadClient,
        _ index: Int
    ) async throws -> (any Channel, NIOHTTP2Handler.StreamMultiplexer) {
        let ready = client.group.next().makePromise(of: NIOHTTP2Handler.StreamMultiplexer.self)
        do {
            let channel = try await client.connect(port: server.port, index: index) { channel in
                let handler = NIOHTTP2Handler(mode: .client, eventLoop: channel.eventLoop) { stream in
                    stream.eventLoop.makeFailedFuture(LoadError.connectionClosed)
                }
                try channel.pipeline.syncOperations.addHandler(handler)
                ready.succeed(try handler.syncMultiplexer())
            }
            return (channel, try await ready.futureResult.get())
        } catch {
            ready.fail(error)
            throw error
        }
    }
}

/// Asks for an event stream over one stream of HTTP/2, and hands on its bytes.
private final class EventStreamFrames: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let headers: HPACKHeaders

    init(_ headers: HPACKHeaders) {
        self.headers = headers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            context.fireChannelRead(self.wrapInboundOut(bytes))
        case .headers:
            // The stream has begun, as it has with the first bytes of HTTP/1.1.
            context.fireChannelRead(self.wrapInboundOut(ByteBuffer()))
        default: break
        }
    }

    /// What is written is the request of HTTP/1.1.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(self.wrapOutboundOut(.headers(.init(headers: self.headers, endStream: true))), promise: promise)
    }
}
