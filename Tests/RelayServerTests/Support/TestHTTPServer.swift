import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A server of another maker, as the relay's requests find it, on a port of its own of this machine.
final class TestHTTPServer: Sendable {
    struct Request: Sendable {
        let method: HTTPMethod
        /// With its query.
        let path: String
        let headers: HTTPHeaders
        let body: String
    }

    struct Answer: Sendable {
        var status = HTTPResponseStatus.ok
        var headers: HTTPHeaders = ["content-type": "application/json"]
        var body = ""
        /// Before the head.
        var delay = TimeAmount.zero
        /// Sends a byte at a time after the body, for ever.
        var isEndless = false

        init(_ body: String = "", status: HTTPResponseStatus = .ok) {
            self.body = body
            self.status = status
        }
    }

    typealias Answering = @Sendable (Request) -> Answer

    private let channel: any Channel
    private let requests: Mutex<[Request]>

    /// All so far.
    var seen: [Request] { self.requests.withLock { $0 } }
    var port: Int { self.channel.localAddress?.port ?? 0 }

    /// Runs `body` beside a server.
    ///
    /// - Parameter context: what it shows its clients; nil: it speaks no TLS.
    static func with(
        _ answer: @escaping Answering,
        context: NIOSSLContext? = nil,
        _ body: (TestHTTPServer) async throws -> Void
    ) async throws {
        let server = try await TestHTTPServer(answer, context)
        do {
            try await body(server)
        } catch {
            try await server.channel.close()
            throw error
        }
        try await server.channel.close()
    }

    private init(_ answer: @escaping Answering, _ context: NIOSSLContext?) async throws {
        let seen = Seen()
        self.requests = Mutex([])
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Handler {
                            seen.server?.took($0)
                            return answer($0)
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        seen.set(self)
    }

    private func took(_ request: Request) { self.requests.withLock { $0.append(request) } }

    /// The server of whom a connection is.
    private final class Seen: Sendable {
        private struct Weak {
            weak var server: TestHTTPServer?
        }

        private let place = Mutex(Weak())
        var server: TestHTTPServer? { self.place.withLock { $0.server } }
        func set(_ server: TestHTTPServer) { self.place.withLock { $0.server = server } }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: Answering
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(_ answer: @escaping Answering) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head): (self.head, self.body) = (head, ByteBuffer())
            case .body(let bytes): self.body.writeImmutableBuffer(bytes)
            case .end:
                guard let head = self.head else { return }
                let text = String(buffer: self.body)
                let request = Request(method: head.method, path: head.uri, headers: head.headers, body: text)
                self.send(self.answer(request), context)
            }
        }

        private func send(_ answer: Answer, _ context: ChannelHandlerContext) {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: answer.delay) {
                let (handler, context) = bound.value
                var headers = answer.headers
                if !answer.isEndless {
                    headers.replaceOrAdd(name: "content-length", value: "\(answer.body.utf8.count)")
                }
                let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
                context.write(handler.wrapOutboundOut(.head(head)), promise: nil)
                let body = ByteBuffer(string: answer.body)
                context.writeAndFlush(handler.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
                if answer.isEndless { return handler.drip(context) }
                context.writeAndFlush(handler.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        private func drip(_ context: ChannelHandlerContext) {
            guard context.channel.isActive else { return }
            let byte = ByteBuffer(string: " ")
            context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(byte))), promise: nil)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(20)) { bound.value.0.drip(bound.value.1) }
        }
    }
}
