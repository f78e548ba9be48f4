import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// A server that webhooks are told at: it keeps what came, and answers as it is told to.
final class HookReceiver: Sendable {
    struct Delivery: Sendable {
        let path: String
        let headers: HTTPHeaders
        let body: ByteBuffer

        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(self.body.readableBytesView))) as? [String: Any] ?? [:]
        }

        var topic: String { self.object["topic"] as? String ?? "" }

        var events: [[String: Any]] { self.object["events"] as? [[String: Any]] ?? [] }

        /// Checks the signature as the guide says it is done.
        func isSigned(by secret: String) -> Bool {
            guard let id = self.headers.first(name: "webhook-id"),
                let time = self.headers.first(name: "webhook-timestamp"),
                let sent = self.headers.first(name: "webhook-signature"),
                let key = Data(base64Encoded: String(secret.dropFirst("whsec_".count)))
            else { return false }
            let text = Data("\(id).\(time).".utf8) + Data(self.body.readableBytesView)
            let code = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: key))
            return sent == "v1," + Data(code).base64EncodedString()
        }
    }

    /// What it does with a request.
    enum Manner: Sendable {
        case answer(Int, headers: [(String, String)] = [])
        /// Never.
        case silence
        /// An answer without an end.
        case endless
    }

    private struct State {
        var deliveries: [Delivery] = []
        var manner: @Sendable (Delivery) -> Manner = { _ in .answer(204) }
        var channel: (any Channel)?
    }

    private let state = Mutex(State())

    var deliveries: [Delivery] { self.state.withLock { $0.deliveries } }

    /// Payloads' `n` of the messages that were answered with a success, by topic.
    func numbers(in topic: String) -> [Int] {
        self.deliveries.filter { $0.topic == topic }.flatMap(\.events).compactMap { event in
            let payload = (event["data"] as? [String: Any])?["payload"] as? [String: Any]
            return payload?["n"] as? Int
        }
    }

    var port: Int { self.state.withLock { $0.channel?.localAddress?.port ?? 0 } }

    func url(_ path: String = "/hook") -> String { "http://127.0.0.1:\(self.port)\(path)" }

    func behave(_ manner: @escaping @Sendable (Delivery) -> Manner) { self.state.withLock { $0.manner = manner } }

    func start(port: Int = 0) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.state.withLock { $0.channel = channel }
    }

    func stop() async throws { try await self.state.withLock { $0.channel }?.close() }

    /// Waits until what came is as wanted.
    func until(_ isDone: @Sendable (HookReceiver) -> Bool) async throws {
        while !isDone(self) { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func take(_ delivery: Delivery) -> Manner {
        let manner = self.state.withLock { $0.manner }(delivery)
        self.state.withLock { $0.deliveries.append(delivery) }
        return manner
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let receiver: HookReceiver
        private var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "")
        private var body = ByteBuffer()

        init(_ receiver: HookReceiver) {
            self.receiver = receiver
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head): (self.head, self.body) = (head, ByteBuffer())
            case .body(let bytes): self.body.writeImmutableBuffer(bytes)
            case .end: self.answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            let delivery = Delivery(path: self.head.uri, headers: self.head.headers, body: self.body)
            switch self.receiver.take(delivery) {
            case .answer(let status, let headers):
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: HTTPResponseStatus(statusCode: status),
                    headers: HTTPHeaders(headers)
                )
                context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            case .silence: break
            case .endless:
                let head = HTTPResponseHead(version: .http1_1, status: .ok)
                context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                for _ in 0..<64 {
                    let bytes = ByteBuffer(repeating: 0x20, count: 1_024)
                    context.write(self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
                }
                context.flush()
            }
        }
    }
}

/// Runs `body` beside a receiver.
func withReceiver(_ body: (HookReceiver) async throws -> Void) async throws {
    let receiver = HookReceiver()
    try await receiver.start()
    do {
        try await body(receiver)
    } catch {
        try await receiver.stop()
        throw error
    }
    try await receiver.stop()
}

extension TestRelay {
    /// Makes a webhook, which must succeed, and returns the answer's object.
    func makeWebhook(_ members: [String: Any], token: String) async throws -> (id: String, secret: String) {
        let reply = try await self.send(.POST, "/api/v1/webhooks", token: token, json: members)
        try #require(reply.status == 201, "\(reply)")
        return (
            try #require(reply.object["id"] as? String),
            try #require(reply.object["secret"] as? String)
        )
    }

    func webhook(_ id: String, token: String) async throws -> [String: Any] {
        let reply = try await self.send(.GET, "/api/v1/webhooks/\(id)", token: token)
        try #require(reply.status == 200, "\(reply)")
        return reply.object
    }

    /// Waits until a webhook is so.
    func until(webhook id: String, token: String, _ isSo: ([String: Any]) -> Bool) async throws {
        while !isSo(try await self.webhook(id, token: token)) { try await Task.sleep(for: .milliseconds(50)) }
    }
}
