import NIOCore
import NIOPosix

/// Stands between one relay and its Valkey: passes every byte on, or does what a bad network does.
struct FaultyLink {
    enum Share: Sendable {
        case all, subscription, commands
    }

    let port: Int
    private let listener: any Channel
    private let switchboard: LinkSwitchboard

    /// - Parameter upstream: a port of 127.0.0.1.
    static func start(to upstream: Int) async throws -> FaultyLink {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let switchboard = try await loop.submit { LinkSwitchboard(loop, upstream: upstream) }.get()
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { relay in switchboard.join(relay) }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return FaultyLink(port: listener.localAddress?.port ?? 0, listener: listener, switchboard: switchboard)
    }

    /// Changes what happens to what comes from now on.
    func set(_ change: (inout LinkConditions) -> Void) {
        self.switchboard.change { change(&$0.conditions) }
    }

    /// Where connections made from now on lead.
    func lead(to upstream: Int) {
        self.switchboard.change { $0.upstream = upstream }
    }

    /// Ends the connections of that kind.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func cut(_ share: Share = .all) async throws -> Int {
        try await self.switchboard.each(share) { $0.cut() }
    }

    /// Lets the connections of that kind stay, and nothing through any more.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func freeze(_ share: Share) async throws -> Int {
        try await self.switchboard.each(share) { $0.freeze() }
    }

    func stop() async throws {
        try await self.listener.close().get()
        try await self.cut()
    }
}
