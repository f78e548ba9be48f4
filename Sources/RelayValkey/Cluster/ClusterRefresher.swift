import NIOCore

/// Asks one node after the other for the slot map, until one answers. Used on its event loop only.
final class ClusterRefresher {
    /// What it works with, of the cluster's.
    struct Parts {
        /// Nodes with connections, in the order in which to ask them.
        var nodes: () -> [ValkeyNode]
        /// Where to ask when none of them answers.
        var seeds: () -> [ValkeyAddress]
        /// Makes a node of this loop alone. Told when its state has changed.
        var make: (ValkeyAddress, @escaping @Sendable () -> Void) -> ValkeyNode
        var learned: (SlotMap) -> Void
        /// Nobody answered.
        var failed: (ValkeyState) -> Void
    }

    private enum Candidate {
        case node(ValkeyNode)
        case seed(ValkeyAddress)
    }

    /// How long one node is waited for. Later answers are not read.
    private static let patience = TimeAmount.seconds(1)
    private static let question = ValkeyCommand("CLUSTER", "SLOTS")

    private let loop: any EventLoop
    private let random: @Sendable () -> Double
    private var schedule: RefreshSchedule
    private var parts: Parts?
    private var timer: Scheduled<Void>?
    private var candidates: ArraySlice<Candidate> = []
    /// Of asking a candidate. What is heard of another changes nothing.
    private var attempt = 0
    private var impatience: Scheduled<Void>?
    /// Connects to a seed.
    private var probe: ValkeyNode?
    private var worst = ValkeyState.connecting(since: .now(), lastError: nil)

    init(_ loop: any EventLoop, _ schedule: RefreshSchedule, random: @escaping @Sendable () -> Double) {
        self.loop = loop
        self.schedule = schedule
        self.random = random
    }

    func start(_ parts: Parts) {
        self.parts = parts
        self.run(self.schedule.start(now: self.loop.now))
    }

    /// Somebody found the map wrong.
    func wanted() {
        self.run(self.schedule.wanted(now: self.loop.now))
    }

    /// - Returns: futures that are done when nothing of it is left.
    func close() -> [EventLoopFuture<Void>] {
        self.schedule.close()
        self.parts = nil
        self.timer?.cancel()
        return self.endAttempt()
    }

    private func run(_ action: RefreshSchedule.Action) {
        switch action {
        case .nothing: return
        case .refresh:
            guard let parts = self.parts else { return }
            self.candidates = (parts.nodes().map { .node($0) } + parts.seeds().map { .seed($0) })[...]
            self.askNext()
        case .wait(let delay):
            self.timer?.cancel()
            self.timer = self.loop.assumeIsolated().scheduleTask(in: delay) {
                self.run(self.schedule.waited(now: self.loop.now))
            }
        }
    }

    private func finish(isGood: Bool) {
        self.endAttempt()
        self.run(self.schedule.finished(isGood: isGood, now: self.loop.now, random: self.random()))
    }

    @discardableResult
    private func endAttempt() -> [EventLoopFuture<Void>] {
        self.attempt += 1
        self.impatience?.cancel()
        let probe = self.probe
        self.probe = nil
        return probe?.end() ?? []
    }

    // MARK: - Asking

    private func askNext() {
        self.endAttempt()
        guard let parts = self.parts else { return }
        guard let candidate = self.candidates.popFirst() else {
            parts.failed(self.worst)
            return self.finish(isGood: false)
        }
        let attempt = self.attempt
        self.impatience = self.loop.assumeIsolated().scheduleTask(in: Self.patience) { self.gaveUp(attempt) }
        switch candidate {
        case .node(let node): self.ask(node, attempt)
        case .seed(let address):
            let me = NIOLoopBound(self, eventLoop: self.loop)
            let probe = parts.make(address) { me.value.probeChanged(attempt) }
            self.probe = probe
            probe.start()
        }
    }

    private func probeChanged(_ attempt: Int) {
        guard attempt == self.attempt, let probe = self.probe else { return }
        switch probe.state {
        case .connected: self.ask(probe, attempt)
        case .unresponsive: return
        case .connecting, .refused, .closed: self.gaveUp(attempt)
        }
    }

    private func gaveUp(_ attempt: Int) {
        guard attempt == self.attempt else { return }
        if let probe = self.probe { self.worst = probe.state }
        self.askNext()
    }

    private func ask(_ node: ValkeyNode, _ attempt: Int) {
        let me = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        // Its own deadline is the connection's: to give one that is sooner would break off what else is under way there.
        node.send(Self.question) { result in
            loop.execute { me.value.answered(result, attempt, node.address) }
        }
    }

    private func answered(_ result: Result<ValkeyReply, ValkeyError>, _ attempt: Int, _ source: ValkeyAddress) {
        guard attempt == self.attempt, let parts = self.parts else { return }
        switch result {
        case .success(let reply):
            guard let map = SlotMap(reply, from: source), !map.masters.isEmpty else { return self.askNext() }
            parts.learned(map)
            self.finish(isGood: map.isComplete)
        case .failure(let error):
            self.worst = .connecting(since: self.loop.now, lastError: error)
            self.askNext()
        }
    }
}
