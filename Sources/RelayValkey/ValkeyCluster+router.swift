public import NIOCore
import Synchronization

extension ValkeyCluster: ValkeyRouter {
    public func service(of key: ValkeyArgument, but troubles: [ValkeyAddress: ValkeyState]) -> ValkeyState {
        let (map, nodes) = self.layout
        guard !nodes.isEmpty else { return self.state }
        let states = nodes.map { $0.state.worse(than: troubles[$0.address]) }
        return map.service(of: key.slot, states, now: .now())
    }

    public func node(of key: ValkeyArgument) -> ValkeyNode? {
        self.node(of: key.slot)
    }

    /// Fails with `unavailable` where nobody serves the slot until shortly (250 ms) before the deadline, or where too many commands
    /// wait for that.
    public func send(
        _ command: ValkeyCommand,
        key: ValkeyArgument,
        deadline: NIODeadline? = nil,
        completion: @escaping @Sendable (Result<ValkeyReply, ValkeyError>) -> Void
    ) {
        let deadline = deadline ?? .now() + self.configuration.commandTimeout
        let call = ClusterCall(commands: [command], slot: key.slot, deadline: deadline) { result in
            completion(result.flatMap { Self.outcome($0[0]) })
        }
        self.send(call)
    }

    /// Commands that meet a redirect are sent again one by one, and so not next to each other, nor in order.
    public func send(
        _ commands: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline? = nil,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    ) {
        guard !commands.isEmpty else { return completion(.failure(.tooLarge)) }
        let deadline = deadline ?? .now() + self.configuration.commandTimeout
        let slot = key.slot
        let group = ClusterGroup(count: commands.count, completion)
        let calls = commands.enumerated().map { index, command in
            ClusterCall(commands: [command], slot: slot, deadline: deadline) { group.take($0.map { $0[0] }, at: index) }
        }
        guard let node = self.node(of: slot) else { return calls.forEach { self.send($0) } }
        node.send(commands, deadline: deadline) { result in
            switch result {
            case .success(let replies):
                for (call, reply) in zip(calls, replies) {
                    self.received(.success([reply]), from: node.address, call)
                }
            case .failure(let error):
                for call in calls { self.received(.failure(error), from: node.address, call) }
            }
        }
    }

    public func send(
        _ command: ValkeyCommand,
        followedBy others: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    ) {
        let deadline = deadline ?? .now() + self.configuration.commandTimeout
        let call = ClusterCall(commands: [command] + others, slot: key.slot, deadline: deadline, completion: completion)
        self.send(call)
    }

    public func makeSubscriber(
        loop: any EventLoop,
        onChange: @escaping @Sendable () -> Void,
        handler: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) throws -> any ValkeySubscribing {
        ValkeyClusterSubscriber(self, loop: loop, onChange: onChange, handler: handler)
    }

    static func outcome(_ reply: ValkeyReply) -> Result<ValkeyReply, ValkeyError> {
        if case .error(let error) = reply { .failure(.server(error)) } else { .success(reply) }
    }
}

/// Gathers the replies to commands that went together. Its state is behind one short lock.
private final class ClusterGroup: Sendable {
    fileprivate struct State {
        var replies: [ValkeyReply]
        var missing: Int
        var failure: ValkeyError?
        var hasRun = false
    }

    private let state: Mutex<State>
    private let completion: @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void

    init(count: Int, _ completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void) {
        self.state = Mutex(State(replies: Array(repeating: .null, count: count), missing: count))
        self.completion = completion
    }

    func take(_ result: Result<ValkeyReply, ValkeyError>, at index: Int) {
        let whole = self.state.withLock { state -> Result<[ValkeyReply], ValkeyError>? in
            state.take(result, at: index)
            guard state.missing == 0 else { return nil }
            return state.failure.map { .failure($0) } ?? .success(state.replies)
        }
        if let whole { self.completion(whole) }
    }
}

extension ClusterGroup.State {
    /// One that has no reply fails the whole, which has run in part if any other has one.
    fileprivate mutating func take(_ result: Result<ValkeyReply, ValkeyError>, at index: Int) {
        self.missing -= 1
        switch result {
        case .success(let reply):
            self.replies[index] = reply
            self.hasRun = true
        case .failure(let error): self.failure = error
        }
        guard self.missing == 0, let failure = self.failure, self.hasRun, !failure.mayHaveRun else { return }
        self.failure = ValkeyError(
            code: failure.code,
            message: failure.message,
            mayHaveRun: true,
            cause: failure.cause
        )
    }
}
