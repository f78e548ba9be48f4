import Glibc
import NIOCore
import NIOHTTP1

/// Deadlines and the end.
extension HTTPConnection: LoopConnection {
    func tick(_ now: NIODeadline) {
        self.countUntaken()
        if case .answering(let exchange) = self.phase { exchange.tick(now) }
        if self.stall.isDue(at: now, after: self.services.timeouts.write) { self.lookAtStall(now) }
        guard now > self.deadline else { return }
        self.deadline = .distantFuture
        switch self.phase {
        case .receiving(let head, _): self.refuse(head, Reply(.requestTimeout, detail: "Request Timeout"))
        case .lingering: self.endLingering()
        case .idle, .holding, .answering, .discarding, .closed: self.context?.close(promise: nil)
        }
    }

    /// Closes where the peer takes nothing of its answer. A stream has no end that it could be late for: its reader may pause for as long
    /// as its system answers.
    private func lookAtStall(_ now: NIODeadline) {
        if case .answering(let exchange) = self.phase, exchange.isEndless { return }
        let limit = self.services.timeouts.write
        guard let socket = self.context?.channel as? any SocketOptionProvider else { return }
        socket.getTCPInfo().assumeIsolated().whenComplete { result in
            let silence = try? result.get().tcpi_last_data_sent
            let isOver = self.stall.looked(at: now, silence: silence.map { .milliseconds(Int64($0)) }, limit: limit)
            if isOver { self.context?.close(promise: nil) }
        }
    }

    func cutOff() {
        self.context?.close(promise: nil)
    }

    func shutDown() {
        self.isShuttingDown = true
        switch self.phase {
        case .idle: self.context?.close(promise: nil)
        case .answering(let exchange): exchange.relayStopping()
        case .lingering: self.endLingering()
        case .receiving, .holding, .discarding, .closed: break
        }
    }
}

extension HTTPRequestHead {
    /// Whether the connection may carry another request after this one.
    ///
    /// The decoder stops at a request that asks for another protocol, so a connection on which none is granted is over.
    var keepsConnection: Bool {
        self.isKeepAlive && self.method != .CONNECT && !self.headers.contains(name: "upgrade")
    }
}
