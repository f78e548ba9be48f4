import NIOCore
import RelayCore
import RelayValkey

/// What others store in a topic: its channel's announcements.
struct ValkeyFeed: StreamFeed {
    let store: ValkeyStore
    let subscriber: any ValkeySubscribing
    let desk: NewsDesk
    let loop: any EventLoop

    func start(_ listener: @escaping @Sendable (StreamNews) -> Void) {
        self.desk.start(listener)
    }

    func listen(to key: TopicKey) async throws(StoreError) {
        try self.store.checkOpen()
        let error = await withCheckedContinuation { continuation in
            self.listen(to: key) { continuation.resume(returning: $0) }
        }
        if let error { throw error }
    }

    private func listen(to key: TopicKey, _ done: @escaping NewsDesk.Waiter) {
        let timeout = self.store.settings.listenTimeout
        let timer = self.loop.scheduleTask(in: TimeAmount(timeout)) {}
        let waiter: NewsDesk.Waiter = { error in
            timer.cancel()
            done(error)
        }
        switch self.desk.listen(to: key, waiter) {
        case .already: waiter(nil)
        case .wait(let number):
            self.subscriber.subscribe(self.channel(of: key))
            timer.futureResult.whenSuccess { [desk = self.desk] in
                desk.giveUp(number, on: key, StoreError(.unavailable, "the server did not confirm within \(timeout)"))
            }
        }
    }

    func stopListening(to key: TopicKey) {
        self.desk.stop(key)
        self.subscriber.unsubscribe(self.channel(of: key))
    }

    func position(of key: TopicKey, known: StreamBounds) async throws(StoreError) -> StreamBounds {
        try await self.store.position(of: key, known: known)
    }

    private func channel(of key: TopicKey) -> ValkeyChannel {
        ValkeyChannel(self.store.layout.stream(key).news, isSharded: true)
    }
}
