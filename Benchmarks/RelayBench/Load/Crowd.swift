import NIOCore
import NIOPosix

/// Many connections that listen to one topic: WebSocket subscribers or waiting polls.
struct Crowd: Sendable {
    /// How late an answer or a delivery may be before the server is taken to hang.
    private static let patience = TimeAmount.seconds(20)

    let log: DeliveryLog
    let channels: [any Channel]

    /// Returns when all are connected and subscribed.
    ///
    /// - Parameter dialect: of the subscriber with an index; nil for the server's own, which is one topic for all.
    static func subscribers(
        _ count: Int,
        of server: Server,
        from client: LoadClient,
        log: DeliveryLog,
        dialect: (@Sendable (Int) -> Dialect)? = nil
    ) async throws -> Crowd {
        let channels = try await client.many(count) { index in
            try await Self.join(server, from: client, index: index) { joined in
                Self.subscriber(dialect?(index) ?? server.dialect, log, joined)
            }
        }
        return Crowd(log: log, channels: channels)
    }

    /// Subscribers that stop reading once they are subscribed.
    ///
    /// Their receive buffers are as small as the kernel lets them be, so that a few messages fill them.
    static func stalled(_ count: Int, of server: Server, from client: LoadClient) async throws -> Crowd {
        let log = DeliveryLog()
        let channels = try await client.many(count) { index in
            let channel = try await Self.join(server, from: client, index: index, receiveBuffer: 4096) { joined in
                Self.subscriber(server.dialect, log, joined)
            }
            try await channel.setOption(.autoRead, value: false).get()
            return channel
        }
        return Crowd(log: log, channels: channels)
    }

    private static func subscriber(
        _ dialect: Dialect,
        _ log: DeliveryLog,
        _ joined: EventLoopPromise<Void>
    ) -> any ChannelHandler {
        SocketHandler(dialect: dialect, SubscriberTalk(dialect: dialect, log: log, joined: joined))
    }

    /// Returns when all have sent their request.
    static func polls(_ count: Int, of server: Server, from client: LoadClient) async throws -> Crowd {
        let log = DeliveryLog()
        let channels = try await client.many(count) { index in
            try await Self.join(server, from: client, index: index) { sent in
                WaitingPollHandler(dialect: server.dialect, log: log, sent: sent)
            }
        }
        return Crowd(log: log, channels: channels)
    }

    /// Event streams of the relay's, all of the same topics. Returns when all have begun.
    static func eventStreams(_ count: Int, topics: [String], of server: Server, from client: LoadClient) async throws
        -> Crowd
    {
        let log = DeliveryLog()
        let request = server.dialect.eventStreamRequest(topics: topics)
        let channels = try await client.many(count) { index in
            try await Self.join(server, from: client, index: index) { joined in
                EventStreamHandler(request: request, log: log, joined: joined)
            }
        }
        return Crowd(log: log, channels: channels)
    }

    /// - Throws: ``LoadError/readersLost(_:)`` unless all connections still stand.
    func checkComplete() throws {
        if self.log.lostReaders > 0 {
            throw LoadError.readersLost(self.log.lostReaders)
        }
    }

    /// Publishes, and returns when that many deliveries arrived.
    func receive(_ deliveries: Int, publish: () async throws -> Void) async throws {
        guard let loop = self.channels.first?.eventLoop else { return }
        let all = self.log.expect(deliveries, on: loop)
        do {
            try await publish()
        } catch {
            self.log.giveUp()
            throw error
        }
        let alarm = loop.scheduleTask(in: Self.patience) { self.log.giveUp() }
        defer { alarm.cancel() }
        try await all.get()
        try self.checkComplete()
    }

    func close() async {
        // All at once: over TLS each waits for the server's goodbye. A connection that the server closed first is closed, too.
        let ends = self.channels.map { $0.close() }
        for end in ends { try? await end.get() }
    }

    private static func join(
        _ server: Server,
        from client: LoadClient,
        index: Int,
        receiveBuffer: Int? = nil,
        handler: @escaping @Sendable (EventLoopPromise<Void>) -> any ChannelHandler
    ) async throws -> any Channel {
        let joined = client.group.next().makePromise(of: Void.self)
        return try await self.join(server, from: client, index: index, receiveBuffer: receiveBuffer, joined: joined) {
            handler(joined)
        }
    }

    /// Connects, and returns when a promise is fulfilled.
    ///
    /// - Parameters:
    ///   - joined: what the handler fulfils or fails. Failed where there is no connection.
    ///   - handler: of the connection, made on its loop.
    static func join<Value: Sendable>(
        _ server: Server,
        from client: LoadClient,
        index: Int,
        receiveBuffer: Int? = nil,
        joined: EventLoopPromise<Value>,
        handler: @escaping @Sendable () -> any ChannelHandler
    ) async throws -> any Channel {
        let channel: any Channel
        do {
            channel = try await client.connect(port: server.port, index: index, receiveBuffer: receiveBuffer) {
                channel in
                try channel.pipeline.syncOperations.addHandler(handler())
            }
        } catch {
            joined.fail(error)
            throw error
        }
        let alarm = channel.eventLoop.scheduleTask(in: Self.patience) {
            joined.fail(LoadError.unanswered(after: Self.patience))
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        _ = try await joined.futureResult.get()
        return channel
    }
}
