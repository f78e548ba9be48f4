public import NIOCore
public import RelayCore
public import RelayValkey
import Synchronization

extension ValkeyStore {
    /// Connects, and returns when commands and changes come through.
    ///
    /// - Parameters:
    ///   - loops: at least one; the relay's own, so that a command sent on one of them needs no hop. Not the store's: `close` it
    ///     before they end.
    /// - Throws: `unavailable` where there is no connection within `settings.openTimeout`, or the server refuses user or password.
    public static func open(
        _ place: ValkeyEndpoint,
        _ configuration: ValkeyConfiguration = ValkeyConfiguration(),
        settings: Settings = Settings(),
        loops: [any EventLoop]
    ) async throws(StoreError) -> ValkeyStore {
        guard !settings.prefix.contains(where: { $0 == "{" || $0 == "}" }) else {
            throw StoreError(.unavailable, "the prefix of the keys holds a brace: \(settings.prefix)")
        }
        let (changed, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let timer = loops[0].scheduleTask(in: TimeAmount(settings.openTimeout)) { signal.finish() }
        defer { timer.cancel() }
        let store = try self.make(place, configuration, settings, loops) { signal.yield() }
        signal.yield()
        var state = store.openState
        for await _ in changed {
            state = store.openState
            guard state.isWaiting else { break }
        }
        if case .ready = state {
            try await store.checkAnnouncing()
            try await store.checkSync()
            return store
        }
        await store.end()
        throw state.error(place, configuration, settings)
    }

    /// An append that may not announce itself would fail when its messages are stored already: so that is tried first.
    private func checkAnnouncing() async throws(StoreError) {
        do {
            _ = try await self.send("SPUBLISH", self.layout.unheard, "")
        } catch {
            await self.end()
            throw StoreError(.unavailable, "appends can't be announced: \(error.message)")
        }
    }

    /// Where nothing can wait for the disk, topics can't be set to that, and a relay that is has no use for the server.
    private func checkSync() async throws(StoreError) {
        await self.waiting.learnSync()
        guard self.settings.durability == .synced, let error = self.waiting.syncError else { return }
        await self.end()
        throw StoreError(.unavailable, "messages can't be synced: \(error.message)")
    }

    private static func make(
        _ place: ValkeyEndpoint,
        _ configuration: ValkeyConfiguration,
        _ settings: Settings,
        _ loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void
    ) throws(StoreError) -> ValkeyStore {
        do {
            let layout = KeyLayout(prefix: settings.prefix)
            let desk = NewsDesk(layout: layout)
            let server = try place.makeRouter(configuration, loops: loops, onChange: onChange)
            let goals = WaitingServer.Goals(
                replicas: settings.replicas,
                replicaTimeout: TimeAmount(settings.replicaTimeout),
                syncTimeout: TimeAmount(settings.syncTimeout)
            )
            let waiting = try WaitingServer(place, configuration, goals, loops: loops, onChange: onChange)
            let changes = ChangeFeed(server, layout: layout, loop: loops[0], pollInterval: settings.changePollInterval)
            let subscriber = try server.makeSubscriber(loop: loops[0], onChange: onChange) { event in
                desk.take(event)
                changes.take(event)
                onChange()
            }
            subscriber.subscribe(changes.channel)
            return ValkeyStore(
                server: server,
                waiting: waiting,
                subscriber: subscriber,
                desk: desk,
                changes: changes,
                layout: layout,
                settings: settings,
                loop: loops[0]
            )
        } catch {
            guard let path = configuration.tls?.certificateAuthorityPath else {
                throw StoreError(.unavailable, "the client can't be made: \(error)")
            }
            throw ValkeyOpenTrouble.authorities(path: path).error(place, settings, "\(error)")
        }
    }
}

/// How far opening has come.
enum ValkeyOpenState {
    case ready
    case waiting(ValkeyState)
    /// The server would not have this client, and says why.
    case refused(String)
    case failed(StoreError)

    var isWaiting: Bool {
        if case .waiting = self { true } else { false }
    }

    /// Why opening came to nothing.
    func error(
        _ place: ValkeyEndpoint,
        _ configuration: ValkeyConfiguration,
        _ settings: ValkeyStore.Settings
    ) -> StoreError {
        switch self {
        case .failed(let error): error
        case .refused(let message):
            ValkeyOpenTrouble(refusal: message, database: configuration.database).error(place, settings, message)
        case .waiting(.connecting(_, let cause)):
            ValkeyOpenTrouble(cause, usesTLS: configuration.tls != nil)
                .error(place, settings, cause.map { "\($0)" } ?? "no answer")
        case .ready, .waiting:
            StoreError(.unavailable, "no answer from \(place) within \(settings.openTimeout)")
        }
    }
}
