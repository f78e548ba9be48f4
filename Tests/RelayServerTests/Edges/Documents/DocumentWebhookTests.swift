import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayServer
import Synchronization
import Testing

/// A server that is told by relays, each at a path of its own.
private final class Receiver: Sendable {
    struct Told: Sendable {
        let path: String
        let event: String
        let document: String
    }

    private let told = Mutex<[Told]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    var all: [Told] { self.told.withLock { $0 } }

    var port: Int { self.channel.withLock { $0?.localAddress?.port ?? 0 } }

    func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
    }

    func stop() async throws { try await self.channel.withLock { $0 }?.close() }

    private func took(_ path: String, _ body: ByteBuffer) {
        let object = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]
        let payload = object?["payload"] as? [String: Any]
        let told = Told(
            path: path,
            event: object?["event"] as? String ?? "",
            document: payload?["documentName"] as? String ?? ""
        )
        self.told.withLock { $0.append(told) }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let receiver: Receiver
        private var path = ""
        private var body = ByteBuffer()

        init(_ receiver: Receiver) {
            self.receiver = receiver
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head): (self.path, self.body) = (head.uri, ByteBuffer())
            case .body(let bytes): self.body.writeImmutableBuffer(bytes)
            case .end:
                self.receiver.took(self.path, self.body)
                let head = HTTPResponseHead(version: .http1_1, status: .noContent)
                context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

@Suite("The webhook of documents, of several relays", .timeLimit(.minutes(2)))
struct DocumentWebhookTests {
    private static let settings: @Sendable (inout RelayConfiguration, Int, Int) -> Void = {
        configuration,
        port,
        place in
        configuration.documents.webhook = WebhookAddress("http://127.0.0.1:\(port)/\(place)")
        configuration.documents.webhookSecret = Secret("a secret of both")
        configuration.documents.webhookEvents = DocumentWebhookEvent.allCases
    }

    /// An update that inserts a letter, by a client of that number.
    private static func update(_ client: UInt8) -> String {
        Data([1, 1, client, 0, 4, 1, 1, 0x74, 1, 0x61, 0]).base64EncodedString()
    }

    @Test("the relay that takes an update tells of it, and no other")
    func once() async throws {
        let receiver = Receiver()
        try await receiver.start()
        let port = receiver.port
        try await withTwoRelays {
            Self.settings(&$0, port, $1)
        } _: { first, second in
            let token = try await first.administratorToken
            // Both have it in memory.
            for relay in [first, second] {
                let reply = try await relay.send(.PUT, "/api/v1/documents/shared", token: token)
                #expect(reply.status == 200)
            }
            for (relay, name, client) in [(first, "shared", 1), (second, "other", 2)] as [(TestRelay, String, UInt8)] {
                let reply = try await relay.send(
                    .POST,
                    "/api/v1/messages",
                    token: token,
                    json: ["topic": "document/\(name)", "payload": Self.update(client), "encoding": "base64"]
                )
                #expect(reply.status == 201, "\(reply)")
            }
            // Longer than the pause after which a change is told.
            try await Task.sleep(for: .seconds(4))
            let changes = receiver.all.filter { $0.event == "change" }.map { "\($0.path) \($0.document)" }
            #expect(changes.sorted() == ["/0 shared", "/1 other"])
            let made = receiver.all.filter { $0.event == "create" }.map { "\($0.path) \($0.document)" }
            #expect(made == ["/0 shared"])
        }
        try await receiver.stop()
    }

    @Test("a relay that is not asked to tells nothing")
    func chosen() async throws {
        let receiver = Receiver()
        try await receiver.start()
        let port = receiver.port
        try await withRelay {
            Self.settings(&$0, port, 0)
            $0.documents.webhookEvents = [.create]
        } _: { relay in
            let token = try await relay.administratorToken
            let reply = try await relay.send(.PUT, "/api/v1/documents/a", token: token)
            #expect(reply.status == 200)
            let client = try await HocuspocusClient(relay)
            try await client.enter("a", token)
            client.disconnect()
            try await Task.sleep(for: .milliseconds(500))
        }
        #expect(receiver.all.map(\.event) == ["create"])
        try await receiver.stop()
    }
}
