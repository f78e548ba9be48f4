import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import RelayClient
import Synchronization

/// A relay that says what its script says, on a real port.
///
/// Owner of the journal: its lock.
final class FakeRelay: Sendable {
    typealias Answer = @Sendable (FakeRequest) async -> FakeReply
    /// Plays one WebSocket; the connection is cut when it returns.
    typealias Play = @Sendable (_ connection: Int, _ socket: FakeSocket) async throws -> Void

    private enum Upgrade: Sendable {
        case http(NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>)
        case socket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
    }

    private let answer: Answer
    private let play: Play?
    private let journal = Mutex<[FakeRequest]>([])
    private let connections = Mutex(0)

    /// - Parameter play: nil: no request is upgraded, and `/ws` is answered as any other.
    init(answer: @escaping Answer, play: Play? = nil) {
        self.answer = answer
        self.play = play
    }

    /// The requests so far, in the order in which they arrived.
    var requests: [FakeRequest] { self.journal.withLock { $0 } }

    func requests(_ uri: String) -> [FakeRequest] { self.requests.filter { $0.uri == uri } }

    /// Serves while `body` runs.
    func run(_ body: @escaping @Sendable (RelayEndpoint) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
            }
        let endpoint = try RelayEndpoint("http://127.0.0.1:\(server.channel.localAddress?.port ?? 0)")
        try await server.executeThenClose { clients in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await withDiscardingTaskGroup { served in
                        var clients = clients.makeAsyncIterator()
                        while let client = try? await clients.next() {
                            served.addTask { try? await self.serve(client) }
                        }
                        served.cancelAll()
                    }
                }
                group.addTask { try await body(endpoint) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private func configure(_ channel: any Channel) throws -> EventLoopFuture<Upgrade> {
        guard self.play != nil else {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            let http = try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                wrappingChannelSynchronously: channel
            )
            return channel.eventLoop.makeSucceededFuture(.http(http))
        }
        let upgrader = NIOTypedWebSocketServerUpgrader<Upgrade>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, head in
                self.record(head, "")
                return channel.eventLoop.makeCompletedFuture {
                    .socket(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                }
            }
        )
        let configuration = NIOTypedHTTPServerUpgradeConfiguration<Upgrade>(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    .http(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                }
            }
        )
        return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(upgradeConfiguration: configuration)
        )
    }

    @discardableResult
    private func record(_ head: HTTPRequestHead, _ body: String) -> FakeRequest {
        let request = FakeRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: body)
        self.journal.withLock { $0.append(request) }
        return request
    }
}

// MARK: - Connections

extension FakeRelay {
    private func serve(_ client: EventLoopFuture<Upgrade>) async throws {
        switch try await client.get() {
        case .http(let channel):
            try await channel.executeThenClose { inbound, outbound in try await self.serve(inbound, outbound) }
        case .socket(let channel):
            let number = self.connections.withLock { count in
                count += 1
                return count
            }
            try await channel.executeThenClose { inbound, outbound in
                try await self.play?(number, FakeSocket(inbound, outbound))
            }
        }
    }

    private func serve(
        _ inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws {
        var head: HTTPRequestHead?
        var body = ByteBuffer()
        for try await part in inbound {
            switch part {
            case .head(let received):
                head = received
                body = ByteBuffer()
            case .body(var bytes):
                body.writeBuffer(&bytes)
            case .end:
                guard let head else { return }
                let request = self.record(head, String(buffer: body))
                guard try await self.write(self.answer(request), outbound) else { return }
            }
        }
    }

    /// - Returns: whether the connection stays.
    private func write(
        _ reply: FakeReply,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws -> Bool {
        guard case .json(let status, let json, let headers) = reply else { return false }
        let body = ByteBuffer(string: status == 204 ? "" : json.text)
        var fields = HTTPHeaders(headers)
        if status != 204 { fields.add(name: "Content-Length", value: String(body.readableBytes)) }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
        try await outbound.write(.head(head))
        try await outbound.write(.body(.byteBuffer(body)))
        try await outbound.write(.end(nil))
        return true
    }
}
