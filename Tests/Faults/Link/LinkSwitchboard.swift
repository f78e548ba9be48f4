import NIOCore
import NIOPosix
import Synchronization

/// What a link's connections have in common. They are on one event loop, which owns the list of them; where they lead and how well
/// is behind a lock, and may be changed from anywhere.
final class LinkSwitchboard: Sendable {
    struct State: Sendable {
        var conditions = LinkConditions()
        var upstream: Int
    }

    private let loop: any EventLoop
    private let connections: NIOLoopBoundBox<[LinkConnection]>
    private let state: Mutex<State>

    /// On the loop.
    init(_ loop: any EventLoop, upstream: Int) {
        self.loop = loop
        self.connections = NIOLoopBoundBox([], eventLoop: loop)
        self.state = Mutex(State(upstream: upstream))
    }

    func change(_ change: (inout State) -> Void) {
        self.state.withLock { change(&$0) }
    }

    func each(_ share: FaultyLink.Share, _ body: @escaping @Sendable (LinkConnection) -> Void) async throws -> Int {
        try await self.loop.submit {
            let chosen = self.connections.value.filter { $0.belongs(to: share) }
            for connection in chosen { body(connection) }
            return chosen.count
        }.get()
    }

    /// Nothing is read from the relay before the server is connected.
    func join(_ relay: any Channel) -> EventLoopFuture<Void> {
        let state = self.state.withLock { $0 }
        guard state.conditions.isOpen else { return relay.close() }
        return ClientBootstrap(group: self.loop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: state.upstream)
            .flatMapThrowing { server in try self.connect(relay, server) }
    }

    private func connect(_ relay: any Channel, _ server: any Channel) throws {
        let connection = LinkConnection(relay: relay, server: server)
        let conditions = { self.state.withLock { $0.conditions } }
        try relay.pipeline.syncOperations.addHandler(LinkPipe(connection, from: .relay, conditions: conditions))
        try server.pipeline.syncOperations.addHandler(LinkPipe(connection, from: .server, conditions: conditions))
        self.connections.value.append(connection)
        relay.closeFuture.assumeIsolated().whenComplete { _ in
            self.connections.value.removeAll { $0 === connection }
        }
        server.setOption(.autoRead, value: true).assumeIsolated().whenComplete { _ in }
    }
}

extension LinkConnection {
    fileprivate func belongs(to share: FaultyLink.Share) -> Bool {
        switch share {
        case .all: true
        case .subscription: self.isSubscription
        case .commands: !self.isSubscription
        }
    }
}
