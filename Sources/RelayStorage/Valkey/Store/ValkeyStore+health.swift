import NIOCore
import RelayCore
import RelayValkey

/// How well the store can serve. The servers of a cluster fail one by one, and for all relays at the same time. A
/// relay that serves the users and most topics is therefore better than none.
extension ValkeyStore {
    var openState: ValkeyOpenState {
        switch self.service() {
        case .connected: break
        case .refused(let message): return .refused(message)
        case let state: return .waiting(state)
        }
        switch self.changeFeed.standing {
        case .subscribed: return .ready
        case .waiting: return .waiting(.connected)
        case .refused(let error): return .failed(StoreError(.unavailable, "changes can't be listened to: \(error)"))
        }
    }

    /// Looks first whether every needed connection is up, since each serves the callers of its loop. Then asks each
    /// server over one of them, and waits for at most 0.8 s. The client gives it longer, since to give up a reply is
    /// to give up all that are due on its connection.
    func ping() async throws(StoreError) {
        try self.checkOpen()
        switch self.openState {
        case .ready: break
        case .failed(let error): throw error
        case .refused(let message):
            throw StoreError(.unavailable, "the server refuses this relay's user or password: \(message)")
        case .waiting(.connecting(_, let cause)):
            throw StoreError(.unavailable, "not connected: \(cause.map { "\($0)" } ?? "no answer yet")")
        case .waiting(let state): throw StoreError(.unavailable, "the server does not answer: \(state)")
        }
        let errors = await self.errors()
        let since = NIODeadline.now()
        guard !self.service(but: errors.mapValues { _ in .unresponsive(since: since) }).isConnected else { return }
        let home = self.server.node(of: self.home)?.address
        throw home.flatMap { errors[$0] } ?? errors.values.first ?? StoreError(.unavailable, "connections broke")
    }

    /// Of the slot without which nothing goes: that of users and topics.
    private var home: ValkeyArgument { ValkeyArgument(self.layout.version) }

    private func service(but silent: [ValkeyAddress: ValkeyState] = [:]) -> ValkeyState {
        let troubles = self.subscriber.troubles.merging(silent) { $1 }
        let state = self.server.service(of: self.home, but: troubles)
        guard state.isConnected else { return state }
        return self.waiting.service(of: self.home, but: troubles)
    }

    // MARK: - Asking

    /// Asks every server that is connected.
    private func errors() async -> [ValkeyAddress: StoreError] {
        let home = self.server.node(of: self.home)
        return await withTaskGroup(of: (ValkeyAddress, StoreError?).self) { group in
            for node in self.server.masters where node.isConnected {
                group.addTask { (node.address, await self.ask(node, ValkeyCommand("PING"))) }
                // A server that is one of a cluster answers a PING also where that is down and serves nothing. One that can't save its data,
                // and therefore takes none, says so to a PING alone.
                guard node === home else { continue }
                group.addTask { (node.address, await self.ask(node, ValkeyCommand("GET", self.home))) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 ?? $0[$1.0] }
        }
    }

    private func ask(_ node: ValkeyNode, _ question: ValkeyCommand) async -> StoreError? {
        let first = FirstAnswer<StoreError?>()
        return await withCheckedContinuation { continuation in
            first.expect(continuation)
            let timer = self.loop.scheduleTask(in: .milliseconds(800)) {
                first.answer(StoreError(.unavailable, "no answer of \(node.address) to a PING within 0.8 s"))
            }
            node.send(question) { result in
                timer.cancel()
                first.answer(result.failure.map { StoreError(health: $0, of: node.address) })
            }
        }
    }
}

extension StoreError {
    /// What a server is asked for its health has changed nothing.
    fileprivate init(health error: ValkeyError, of server: ValkeyAddress) {
        let cause = error.server.map { StoreError(server: $0).message } ?? "no answer to a PING: \(error)"
        self.init(.unavailable, "\(server): \(cause)")
    }
}

extension Result<ValkeyReply, ValkeyError> {
    /// That a slot has just left is an answer like another.
    fileprivate var failure: ValkeyError? {
        guard case .failure(let error) = self, !["MOVED", "ASK"].contains(error.server?.prefix) else { return nil }
        return error
    }
}
