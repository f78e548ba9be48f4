public import RelayAccess
public import RelayCore
public import Testing

/// All that a store is, as one value.
public typealias FullStore = AccessStore & AuditStore & MessageStore & ReaderStore & StoreLifecycle
    & StreamTransferStore & TopicStore & WebhookStore

/// A kind of store that has to keep the contract.
public struct StoreUnderTest: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    /// Whether what was acknowledged is still there when the store is closed and opened again.
    public let isPersistent: Bool
    /// The store itself, if it keeps deadlines, or what keeps them beside it.
    let deadlines: @Sendable (any FullStore) -> (any DeadlineStore)?
    /// The store itself, if it keeps hot streams, or what keeps them beside it.
    let hotStreams: @Sendable (any FullStore) -> any MessageStore
    private let makePlace: @Sendable () throws -> StorePlace

    /// - Parameters:
    ///   - deadlines: what keeps deadlines where the store does not; it gets an empty store.
    ///   - hotStreams: what keeps hot streams where the store does not; it gets an empty store.
    ///   - makePlace: makes an empty place that no other test uses.
    public init(
        _ name: String,
        isPersistent: Bool,
        deadlines: @escaping @Sendable (any FullStore) -> (any DeadlineStore)? = {
            ($0 as? any SharedDeadlines)?.deadlines(for: .presence)
        },
        hotStreams: @escaping @Sendable (any FullStore) -> any MessageStore = { $0 },
        makePlace: @escaping @Sendable () throws -> StorePlace
    ) {
        self.testDescription = name
        self.isPersistent = isPersistent
        self.deadlines = deadlines
        self.hotStreams = hotStreams
        self.makePlace = makePlace
    }

    /// Runs `body` with a new and empty store, and closes it.
    public func withStore(_ body: (any FullStore) async throws -> Void) async throws {
        let place = try self.makePlace()
        let store = try await place.open()
        do {
            try await body(store)
        } catch {
            await store.close()
            await place.remove()
            throw error
        }
        await store.close()
        await place.remove()
    }

    /// Runs `before` with a new and empty store, and `after` with what is left of it when it was closed and opened again.
    /// Does nothing where the store isn't persistent.
    func withReopening<Value>(
        before: (any FullStore) async throws -> Value,
        after: (any FullStore, Value) async throws -> Void
    ) async throws {
        guard self.isPersistent else { return }
        let place = try self.makePlace()
        let first = try await place.open()
        let value = try await before(first)
        await first.close()
        let second = try await place.open()
        try await after(second, value)
        await second.close()
        await place.remove()
    }
}

/// Where a store keeps its data: a directory, say, or a database on a server.
public struct StorePlace: Sendable {
    /// Opens a store on the place; called again after the last one was closed.
    let open: @Sendable () async throws -> any FullStore
    /// Cleans up after the last store was closed.
    let remove: @Sendable () async -> Void

    public init(
        open: @escaping @Sendable () async throws -> any FullStore,
        remove: @escaping @Sendable () async -> Void = {}
    ) {
        self.open = open
        self.remove = remove
    }
}
