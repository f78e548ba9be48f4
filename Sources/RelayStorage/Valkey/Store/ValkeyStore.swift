import NIOCore
public import RelayCore
import RelayValkey
import Synchronization

/// The store that several relays share: a server, or a cluster of servers, that speaks Redis' protocol: Valkey, or Redis 7 and later.
///
/// Every change is one script, which the server runs whole or not at all. An append is answered when the server has it; what that
/// survives is the server's affair (`appendfsync`, replicas). The server must not evict keys (`maxmemory-policy noeviction`).
public final class ValkeyStore: Sendable {
    let layout: KeyLayout
    let settings: Settings
    let server: any ValkeyRouter
    /// Where appends go that wait for replicas or the disk.
    let waiting: WaitingServer
    let subscriber: any ValkeySubscribing
    let changeFeed: ChangeFeed
    private let desk: NewsDesk
    let loop: any EventLoop
    let places = UnreadableRecords()
    private let calls = CallsUnderWay()

    init(
        server: any ValkeyRouter,
        waiting: WaitingServer,
        subscriber: any ValkeySubscribing,
        desk: NewsDesk,
        changes: ChangeFeed,
        layout: KeyLayout,
        settings: Settings,
        loop: any EventLoop
    ) {
        self.server = server
        self.waiting = waiting
        self.subscriber = subscriber
        self.desk = desk
        self.changeFeed = changes
        self.layout = layout
        self.settings = settings
        self.loop = loop
    }

    // MARK: - Running scripts and commands

    func checkOpen() throws(StoreError) {
        if self.calls.isClosed { throw .closed }
    }

    /// Runs a script. For event loops too.
    ///
    /// - Parameter keys: at least one; all of one slot.
    func run(
        _ script: ValkeyScript,
        keys: [String],
        _ arguments: [ValkeyArgument],
        completion: @escaping @Sendable (Result<ValkeyReply, StoreError>) -> Void
    ) {
        guard self.calls.begin() else { return completion(.failure(.closed)) }
        self.server.run(script, keys: keys.map { ValkeyArgument($0) }, arguments: arguments) { result in
            completion(result.mapError { StoreError(valkey: $0) })
            self.calls.end()
        }
    }

    /// Runs a script that writes, and waits until what it wrote is as durable as it has to be.
    ///
    /// - Parameter goal: nil to wait for the script alone.
    func runDurably(
        _ script: ValkeyScript,
        keys: [String],
        _ arguments: [ValkeyArgument],
        until goal: WaitGoal?,
        completion: @escaping @Sendable (Result<ValkeyReply, StoreError>) -> Void
    ) {
        guard let goal else { return self.run(script, keys: keys, arguments, completion: completion) }
        guard self.calls.begin() else { return completion(.failure(.closed)) }
        let keys = keys.map { ValkeyArgument($0) }
        let call = WaitingServer.Call(script: script, keys: keys, arguments: arguments, goal: goal) { result in
            completion(result)
            self.calls.end()
        }
        self.waiting.run(call)
    }

    func run(
        _ script: ValkeyScript,
        keys: [String],
        _ arguments: [ValkeyArgument] = []
    ) async throws(StoreError) -> ValkeyReply {
        let result = await withCheckedContinuation { continuation in
            self.run(script, keys: keys, arguments) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends one command about one key.
    func send(_ name: ValkeyArgument, _ key: String, _ arguments: ValkeyArgument...) async throws(StoreError)
        -> ValkeyReply
    {
        guard self.calls.begin() else { throw .closed }
        defer { self.calls.end() }
        do {
            let key = ValkeyArgument(key)
            return try await self.server.send(ValkeyCommand([name, key] + arguments), key: key)
        } catch {
            throw StoreError(valkey: error)
        }
    }

    /// Sends the same command about each of some keys of one slot.
    ///
    /// - Parameters:
    ///   - keepingWrongTypes: whether a key that holds another kind of value has that error as its reply. Otherwise one such key fails all.
    ///   - arguments: what follows the key, the same each time.
    func send(
        _ name: ValkeyArgument,
        each keys: [String],
        keepingWrongTypes: Bool = false,
        _ arguments: ValkeyArgument...
    ) async throws(StoreError) -> [ValkeyReply] {
        guard self.calls.begin() else { throw .closed }
        defer { self.calls.end() }
        guard let first = keys.first else { return [] }
        let replies: [ValkeyReply]
        do {
            let commands = keys.map { ValkeyCommand([name, ValkeyArgument($0)] + arguments) }
            replies = try await self.server.send(commands, key: ValkeyArgument(first))
        } catch {
            throw StoreError(valkey: error)
        }
        for reply in replies {
            guard case .error(let error) = reply, !keepingWrongTypes || !error.isWrongType else { continue }
            throw StoreError(server: error)
        }
        return replies
    }

    /// Sends a command that is about no key.
    func send(_ command: ValkeyCommand, to node: ValkeyNode) async throws(StoreError) -> ValkeyReply {
        guard self.calls.begin() else { throw .closed }
        defer { self.calls.end() }
        do {
            return try await node.send(command)
        } catch {
            throw StoreError(valkey: error)
        }
    }

    // MARK: - Life

    /// Begins work that takes several calls, in a task that ``end()`` waits for. Once the store is closing, the work's next call fails
    /// with `closed`.
    ///
    /// - Returns: false where the store is closed: the work is not begun.
    func begin(_ work: @escaping @Sendable () async -> Void) -> Bool {
        guard self.calls.begin() else { return false }
        Task {
            await work()
            self.calls.end()
        }
        return true
    }

    /// Returns when every call under way has its answer, or has failed by its deadline, and all work that was begun is done.
    func end() async {
        guard await self.calls.close() else { return }
        self.changeFeed.close()
        await self.subscriber.close()
        await self.waiting.close()
        await self.server.close()
    }
}

extension ValkeyStore: StoreLifecycle {
    public var unreadable: UnreadableRecords? { self.places }

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

extension ValkeyStore {
    /// What `decode` makes of a record; nil, and noted, where that can't be read back.
    func readable<Value>(_ place: String, _ decode: () throws(StoreError) -> Value?) -> Value? {
        do throws(StoreError) {
            return try decode()
        } catch {
            self.places.note(place, error)
            return nil
        }
    }
}
