import NIOCore
import RelayCore
import RelayValkey
import Synchronization

/// Runs scripts that count as done only once replicas have them, or the disk.
///
/// It waits by `WAIT` and `WAITAOF`, which block their connection. So the connections are used for nothing else. Each
/// goal has its own: a wait for missing replicas must not hold up those that wait for the disk. Scripts that come
/// during a wait share the next one. In a cluster each script has a wait of its own, since a redirect is followed for
/// one command and not for several.
///
/// Both commands answer for what their own connection has written. So the script before them must write something,
/// even where it only finds what is there.
final class WaitingServer: Sendable {
    struct Goals: Sendable {
        let replicas: Int
        let replicaTimeout: TimeAmount
        let syncTimeout: TimeAmount
    }

    /// A script on its way.
    struct Call: Sendable {
        let script: ValkeyScript
        let keys: [ValkeyArgument]
        let arguments: [ValkeyArgument]
        let goal: WaitGoal
        /// `outcomeUnknown` where the server has done it, but the goal was not reached in time.
        let completion: @Sendable (Result<ValkeyReply, StoreError>) -> Void
        var withSource = false
    }

    private let replicas: any ValkeyRouter
    private let disk: any ValkeyRouter
    private let goals: Goals
    let isCluster: Bool
    private let lines = Mutex<[WaitGoal: WaitLine<Call>]>([:])
    /// Why nothing can be waited for on the disk, as far as is known.
    private let syncTrouble = Mutex<StoreError?>(nil)

    init(
        _ place: ValkeyEndpoint,
        _ configuration: ValkeyConfiguration,
        _ goals: Goals,
        loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void
    ) throws {
        var configuration = configuration
        // A call may wait for the one before it as well.
        let longest = max(goals.replicaTimeout, goals.syncTimeout)
        configuration.unresponsiveAfter = configuration.unresponsiveAfter + longest + longest
        configuration.commandTimeout = configuration.commandTimeout + longest + longest
        self.replicas = try place.makeRouter(configuration, loops: loops, onChange: onChange)
        self.disk = try place.makeRouter(configuration, loops: loops, onChange: onChange)
        self.goals = goals
        self.isCluster = if case .cluster = place { true } else { false }
    }

    /// Nil where the servers can wait for their disks, as far as is known.
    var syncError: StoreError? { self.syncTrouble.withLock { $0 } }

    /// How the connections are that a key needs, whatever is waited for. See ``ValkeyRouter/service(of:but:)``.
    func service(of key: ValkeyArgument, but troubles: [ValkeyAddress: ValkeyState]) -> ValkeyState {
        let state = self.replicas.service(of: key, but: troubles)
        return state.isConnected ? self.disk.service(of: key, but: troubles) : state
    }

    /// Closes all connections. Returns when they are gone.
    func close() async {
        await self.replicas.close()
        await self.disk.close()
    }

    /// Asks every server whether it can wait for its disk. One that does not answer may turn out to be able to.
    func learnSync() async {
        for node in self.disk.masters {
            let result = await withCheckedContinuation { continuation in
                node.send(Self.probe) { continuation.resume(returning: $0) }
            }
            if case .failure(let error) = result, error.server != nil { return self.note(StoreError(sync: error)) }
        }
        self.note(nil)
    }

    func run(_ call: Call) {
        guard call.goal == .disk, self.syncError != nil else { return self.enqueue(call) }
        // Nothing is stored that would certainly be answered with a failure.
        self.disk.send(Self.probe, key: call.keys.first ?? "", deadline: nil) { result in
            switch result {
            case .success:
                self.note(nil)
                self.enqueue(call)
            case .failure(let error):
                call.completion(.failure(StoreError(sync: error)))
            }
        }
    }

    /// A connection that has written nothing is answered at once, any other soon. The command fails if the server has
    /// no `WAITAOF`, or no append-only file.
    private static let probe = ValkeyCommand("WAITAOF", 1, 0, 1)

    private func note(_ error: StoreError?) {
        self.syncTrouble.withLock { $0 = error }
    }

    private func enqueue(_ call: Call) {
        guard !self.isCluster else { return self.send([call]) }
        let calls = self.lines.withLock { $0[call.goal, default: WaitLine()].add(call) }
        if let calls { self.send(calls) }
    }

    /// - Parameter calls: of one goal; in a cluster one.
    private func send(_ calls: [Call]) {
        let goal = calls[0].goal
        let (commands, wait) = (calls.map(\.command), self.command(goal))
        let completion = { @Sendable (result: Result<[ValkeyReply], ValkeyError>) in
            let next = self.isCluster ? nil : self.lines.withLock { $0[goal]?.finished() }
            if let next { self.send(next) }
            self.received(result, calls)
        }
        let key = calls[0].keys.first ?? ""
        let server = self.server(goal)
        if calls.count == 1 {
            server.send(commands[0], followedBy: [wait], key: key, deadline: nil, completion: completion)
        } else {
            server.send(commands + [wait], key: key, deadline: nil, completion: completion)
        }
    }

    private func received(_ result: Result<[ValkeyReply], ValkeyError>, _ calls: [Call]) {
        switch result {
        case .failure(let error):
            for call in calls { call.completion(.failure(StoreError(valkey: error))) }
        case .success(let replies):
            guard replies.count == calls.count + 1 else {
                for call in calls { call.completion(.failure(.unexpected("to a WAIT"))) }
                return
            }
            let trouble = self.trouble(replies[calls.count], calls[0].goal)
            for (call, reply) in zip(calls, replies) { self.answer(call, reply, trouble) }
        }
    }

    private func answer(_ call: Call, _ reply: ValkeyReply, _ trouble: StoreError?) {
        if case .error(let error) = reply {
            guard error.prefix == "NOSCRIPT", !call.withSource else {
                return call.completion(.failure(StoreError(server: error)))
            }
            var again = call
            again.withSource = true
            return self.enqueue(again)
        }
        if let trouble { return call.completion(.failure(trouble)) }
        call.completion(.success(reply))
    }

    /// - Returns: nil where the goal was reached.
    private func trouble(_ reply: ValkeyReply, _ goal: WaitGoal) -> StoreError? {
        switch (goal, reply) {
        case (.disk, .error(let error)):
            self.note(StoreError(unsynced: error))
            return StoreError(.outcomeUnknown, "the server has it, but can't wait for its disk: \(error)")
        case (.replicas, .error(let error)):
            return StoreError(.outcomeUnknown, "the server has it, but can't wait for replicas: \(error)")
        case (.disk, _):
            guard (reply.array?.first?.integer ?? 0) < 1 else { return nil }
            return StoreError(
                .outcomeUnknown,
                "it is not on the disk after \(Self.milliseconds(self.goals.syncTimeout)) ms"
            )
        case (.replicas, _):
            let count = reply.integer ?? 0
            guard count < self.goals.replicas else { return nil }
            let time = Self.milliseconds(self.goals.replicaTimeout)
            return StoreError(.outcomeUnknown, "\(count) of \(self.goals.replicas) replicas have it after \(time) ms")
        }
    }

    private func server(_ goal: WaitGoal) -> any ValkeyRouter {
        switch goal {
        case .replicas: self.replicas
        case .disk: self.disk
        }
    }

    private func command(_ goal: WaitGoal) -> ValkeyCommand {
        switch goal {
        case .replicas:
            ValkeyCommand("WAIT", .init(self.goals.replicas), .init(Self.milliseconds(self.goals.replicaTimeout)))
        case .disk:
            ValkeyCommand("WAITAOF", 1, 0, .init(Self.milliseconds(self.goals.syncTimeout)))
        }
    }

    /// At least 1: for the server 0 is for ever.
    private static func milliseconds(_ time: TimeAmount) -> Int64 { max(1, time.nanoseconds / 1_000_000) }
}

extension WaitingServer.Call {
    fileprivate var command: ValkeyCommand {
        self.script.command(keys: self.keys, arguments: self.arguments, withSource: self.withSource)
    }
}

extension StoreError {
    /// The answer to a `WAITAOF` that has nothing to wait for.
    fileprivate init(sync error: ValkeyError) {
        if let server = error.server { self.init(unsynced: server) } else { self.init(valkey: error) }
    }

    fileprivate init(unsynced error: ValkeyServerError) {
        self.init(.undurable, "the server can't say what is on its disk (it needs WAITAOF and appendonly): \(error)")
    }
}
