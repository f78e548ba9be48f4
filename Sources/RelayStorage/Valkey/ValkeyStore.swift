import NIOCore
public import RelayCore
import RelayValkey
import Synchronization

/// The store that several relays share: a server that speaks Redis' protocol, Valkey or Redis 7 and later.
///
/// Every change is one script, which the server runs whole or not at all. An append is answered when the server has it; what that
/// survives is the server's affair (`appendfsync`, replicas). The server must not evict keys (`maxmemory-policy noeviction`).
public final class ValkeyStore: Sendable {
    let layout: KeyLayout
    let settings: Settings
    private let server: ValkeyNode
    private let subscriber: ValkeySubscriber
    private let changeFeed: ChangeFeed
    private let desk: NewsDesk
    private let loop: any EventLoop
    private let isClosed = Atomic<Bool>(false)

    init(
        server: ValkeyNode,
        subscriber: ValkeySubscriber,
        desk: NewsDesk,
        changes: ChangeFeed,
        layout: KeyLayout,
        settings: Settings,
        loop: any EventLoop
    ) {
        self.server = server
        self.subscriber = subscriber
        self.desk = desk
        self.changeFeed = changes
        self.layout = layout
        self.settings = settings
        self.loop = loop
    }

    /// Where a key is. The one place that would have to know the slots of a cluster.
    func route(_ key: String) -> ValkeyNode { self.server }

    // MARK: - Running scripts and commands

    func checkOpen() throws(StoreError) {
        if self.isClosed.load(ordering: .relaxed) { throw StoreError(.unavailable, "the store is closed") }
    }

    /// - Parameter keys: at least one; all of one slot.
    func run(
        _ script: ValkeyScript,
        keys: [String],
        _ arguments: [ValkeyArgument] = []
    ) async throws(StoreError) -> ValkeyReply {
        try self.checkOpen()
        do {
            return try await self.route(keys[0]).run(
                script,
                keys: keys.map { ValkeyArgument($0) },
                arguments: arguments
            )
        } catch {
            throw StoreError(valkey: error)
        }
    }

    /// Like the other, for event loops.
    func run(
        _ script: ValkeyScript,
        keys: [String],
        _ arguments: [ValkeyArgument],
        completion: @escaping @Sendable (Result<ValkeyReply, StoreError>) -> Void
    ) {
        guard !self.isClosed.load(ordering: .relaxed) else {
            return completion(.failure(StoreError(.unavailable, "the store is closed")))
        }
        self.route(keys[0]).run(script, keys: keys.map { ValkeyArgument($0) }, arguments: arguments) {
            completion($0.mapError { StoreError(valkey: $0) })
        }
    }

    /// Sends one command about one key.
    func send(_ name: ValkeyArgument, _ key: String, _ arguments: ValkeyArgument...) async throws(StoreError)
        -> ValkeyReply
    {
        try self.checkOpen()
        do {
            return try await self.route(key).send(ValkeyCommand([name, ValkeyArgument(key)] + arguments))
        } catch {
            throw StoreError(valkey: error)
        }
    }

    /// Sends the same command about each of some keys of one slot.
    func send(_ name: ValkeyArgument, each keys: [String]) async throws(StoreError) -> [ValkeyReply] {
        try self.checkOpen()
        guard let first = keys.first else { return [] }
        do {
            let commands = keys.map { ValkeyCommand([name, ValkeyArgument($0)]) }
            let replies = try await self.route(first).send(commands)
            for reply in replies {
                if case .error(let error) = reply { throw StoreError(server: error) }
            }
            return replies
        } catch let error as ValkeyError {
            throw StoreError(valkey: error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    // MARK: - Life

    /// Commands under way fail by the client's error, which says whether they may have run.
    func end() async {
        guard !self.isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.changeFeed.close()
        await self.subscriber.close()
        await self.server.close()
    }

    var openState: ValkeyOpenState {
        for state in [self.server.state, self.subscriber.state] {
            switch state {
            case .connected: continue
            case .refused(let message):
                return .failed(StoreError(.unavailable, "the server refuses this relay's user or password: \(message)"))
            case .connecting, .unresponsive, .closed: return .waiting(state)
            }
        }
        switch self.changeFeed.standing {
        case .subscribed: return .ready
        case .waiting: return .waiting(.connected)
        case .refused(let error): return .failed(StoreError(.unavailable, "changes can't be listened to: \(error)"))
        }
    }

    /// - Throws: what a server that does not answer within 0.8 s, or not to this relay, has to say.
    func ping() async throws(StoreError) {
        try self.checkOpen()
        if case .refused(let message) = self.server.state {
            throw StoreError(.unavailable, "the server refuses this relay: \(message)")
        }
        do {
            _ = try await self.server.send(ValkeyCommand("PING"), deadline: .now() + .milliseconds(800))
        } catch {
            throw StoreError(.unavailable, "no answer to a PING: \(error)")
        }
    }
}

extension ValkeyStore: StoreLifecycle {
    public func checkHealth() async throws(StoreError) {
        try await self.ping()
    }

    public func close() async {
        await self.end()
    }
}

extension ValkeyStore: SharedStore {
    public var feed: any StreamFeed {
        ValkeyFeed(store: self, subscriber: self.subscriber, desk: self.desk, loop: self.loop)
    }

    public func observeChanges(_ observer: @escaping @Sendable (StoreChange) -> Void) {
        self.changeFeed.observe(observer)
    }
}
