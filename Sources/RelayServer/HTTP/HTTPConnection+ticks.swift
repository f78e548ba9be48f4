import NIOCore
import NIOHTTP1

/// What time and the relay's end do to a connection.
extension HTTPConnection: LoopConnection {
    func tick(_ now: NIODeadline) -> NIODeadline {
        // What was too small to be charged when it was made.
        if let stream = self.stream {
            self.outstanding.count(waiting: stream.untakenBytes, since: self.stall.since, self.services.memory)
        } else {
            self.outstanding.count(of: self.channel, since: self.stall.since, self.services.memory)
        }
        if case .answering(let exchange) = self.phase { exchange.tick(now) }
        if self.stall.isDue(at: now, after: self.services.timeouts.write) { self.lookAtStall(now) }
        guard now > self.deadline else { return now }
        self.deadline = .distantFuture
        switch self.phase {
        case .admitting(let exchange), .receiving(let exchange):
            exchange.cancelled()
            self.refuse(exchange, Reply(.requestTimeout, detail: "Request Timeout"))
        case .refused(_, .some): self.endRefused()
        case .idle, .holding, .answering, .refused, .discarding, .closed: self.context?.close(promise: nil)
        }
        return now
    }

    /// Closes where the peer takes nothing of its answer. A stream has no end that it could be late for: its reader may pause for as long
    /// as its system answers.
    private func lookAtStall(_ now: NIODeadline) {
        if case .answering(let exchange) = self.phase, exchange.isEndless { return }
        guard let stream = self.stream else {
            self.context?.channel.withSilence { self.looked(at: now, silence: $0) }
            return
        }
        self.looked(at: now, silence: now - stream.lastTaken)
    }

    private func looked(at now: NIODeadline, silence: TimeAmount?) {
        if self.stall.looked(at: now, silence: silence, limit: self.services.timeouts.write) { self.cutOff() }
    }

    func cutOff() { self.context?.close(promise: nil) }

    func shutDown() {
        self.isShuttingDown = true
        switch self.phase {
        case .idle, .refused(_, nil): self.context?.close(promise: nil)
        case .answering(let exchange): exchange.relayStopping()
        case .refused(_, .some): self.endRefused()
        case .admitting, .receiving, .holding, .discarding, .closed: break
        }
    }
}
