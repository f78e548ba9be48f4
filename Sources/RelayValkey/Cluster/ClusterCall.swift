import NIOCore
import NIOPosix

/// One command on its way through the cluster, and what goes with it.
struct ClusterCall: Sendable {
    /// The first one's key says where to; the others follow it.
    let commands: [ValkeyCommand]
    let slot: Int
    let deadline: NIODeadline
    let completion: @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    var policy = RetryPolicy()
}

extension ValkeyCluster {
    private static let asking = ValkeyCommand("ASKING")

    /// Sends it to whoever has the slot.
    func send(_ call: ClusterCall) {
        guard let node = self.node(of: call.slot) else {
            return self.failed(.unavailable(nil), .later, call)
        }
        self.send(call, to: node)
    }

    private func send(_ call: ClusterCall, to node: ValkeyNode) {
        guard call.commands.count == 1 else {
            return node.send(call.commands, deadline: call.deadline) { self.received($0, from: node.address, call) }
        }
        node.send(call.commands[0], deadline: call.deadline) { result in
            self.received(result.map { [$0] }, from: node.address, call)
        }
    }

    private func sendAsking(_ call: ClusterCall, to node: ValkeyNode) {
        node.send([Self.asking] + call.commands, deadline: call.deadline) { result in
            self.received(result.map { Array($0.dropFirst()) }, from: node.address, call)
        }
    }

    /// The result of one attempt.
    func received(_ result: Result<[ValkeyReply], ValkeyError>, from source: ValkeyAddress, _ call: ClusterCall) {
        let error: ValkeyError
        switch result {
        case .failure(let failure): error = failure
        case .success(let replies):
            guard case .error(let server) = replies.first else { return call.completion(result) }
            error = .server(server)
        }
        guard let trouble = ClusterTrouble(error, from: source) else {
            return call.completion(result.mapError { $0.ofCluster(isClosed: self.isClosed) })
        }
        self.failed(error, trouble, call)
    }

    private func failed(_ error: ValkeyError, _ trouble: ClusterTrouble, _ call: ClusterCall) {
        guard !self.isClosed else { return call.completion(.failure(.closed)) }
        switch trouble {
        case .moved(let slot, let address): self.moved(slot, to: address)
        case .later: self.refresh()
        case .ask(let address): self.admit(address)
        }
        var call = call
        let random = self.configuration.random()
        switch call.policy.step(after: trouble, now: .now(), deadline: call.deadline, random: random) {
        case .resend(let address, let isAsking):
            guard let node = self.node(at: address) else { return self.failed(error, .later, call) }
            isAsking ? self.sendAsking(call, to: node) : self.send(call, to: node)
        case .wait(let delay): self.wait(delay, call, error)
        case .giveUp: call.completion(.failure(.notServed(call.slot, error)))
        }
    }

    private func wait(_ delay: TimeAmount, _ call: ClusterCall, _ error: ValkeyError) {
        guard let number = self.waiting.add(call) else {
            return call.completion(.failure(self.isClosed ? .closed : .notServed(call.slot, error)))
        }
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? self.loops[0]
        loop.scheduleTask(in: delay) {
            if let call = self.waiting.take(number) { self.send(call) }
        }
    }
}

extension ValkeyError {
    /// The command did not run.
    fileprivate static func notServed(_ slot: Int, _ last: ValkeyError) -> ValkeyError {
        ValkeyError(code: .unavailable, message: "nobody serves slot \(slot)", cause: last)
    }

    /// A node that has left was closed, the cluster was not.
    fileprivate func ofCluster(isClosed: Bool) -> ValkeyError {
        guard self.code == .closed, !isClosed else { return self }
        return .disconnected(mayHaveRun: self.mayHaveRun, cause: self)
    }
}
