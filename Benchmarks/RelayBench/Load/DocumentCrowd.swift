import NIOCore
import NIOPosix

/// Connections that have opened documents.
struct DocumentCrowd: Sendable {
    struct Member: Sendable {
        /// Among all.
        let index: Int
        let channel: any Channel
        let joined: EditorTalk.Joined

        /// Writes an update.
        func send(_ update: [UInt8]) {
            self.channel.writeAndFlush(ClientFrame.binary(DocumentSpeech.update(update)), promise: nil)
        }
    }

    /// By index.
    let members: [Member]
    private let crowd: Crowd

    /// Returns when all have their documents.
    ///
    /// - Parameter document: the name of what the connection with an index opens.
    init(
        _ count: Int,
        of server: Server,
        from client: LoadClient,
        log: DeliveryLog = DeliveryLog(),
        document: @escaping @Sendable (Int) -> String
    ) async throws {
        let members = try await client.many(count) { index in
            let joined = client.group.next().makePromise(of: EditorTalk.Joined.self)
            let dialect = server.dialect.document(document(index))
            let channel = try await Crowd.join(server, from: client, index: index, joined: joined) {
                SocketHandler(dialect: dialect, EditorTalk(log: log, joined: joined))
            }
            return Member(index: index, channel: channel, joined: try await joined.futureResult.get())
        }
        self.members = members.sorted { $0.index < $1.index }
        self.crowd = Crowd(log: log, channels: members.map(\.channel))
    }

    var log: DeliveryLog { self.crowd.log }

    func checkComplete() throws { try self.crowd.checkComplete() }

    /// Sends updates, and returns when that many deliveries of updates arrived.
    func receive(_ deliveries: Int, send: () async throws -> Void) async throws {
        try await self.crowd.receive(deliveries, publish: send)
    }

    /// Does something so often in a second.
    ///
    /// - Parameter body: is given how often it was done before, on a connection's event loop. Late calls follow at once.
    func pace(_ count: Int, rate: Int, body: @escaping @Sendable (Int) -> Void) async throws {
        guard let loop = self.members.first?.channel.eventLoop, count > 0 else { return }
        let start = NIODeadline.now()
        let calls = (0..<count).map { call in
            loop.scheduleTask(deadline: start + .nanoseconds(Int64(call) * 1_000_000_000 / Int64(rate))) { body(call) }
        }
        for call in calls { try await call.futureResult.get() }
    }

    func close() async { await self.crowd.close() }
}
