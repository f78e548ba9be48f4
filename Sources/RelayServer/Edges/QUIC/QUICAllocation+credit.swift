import NIOCore
import RelayQUIC
import RelayTunnels

/// Credit for streams that are closed or stopped, which waits for bandwidth. One count for all of them, however many a client has opened and closed.
struct LateCredit {
    fileprivate var flow = CreditFlow()
    fileprivate var timer: Scheduled<Void>?

    /// The connection is over.
    mutating func stop() {
        self.timer?.cancel()
        self.timer = nil
    }
}

extension QUICAllocation {
    /// Lets the client send more on its connection, for a stream of which nothing more is read.
    ///
    /// - Parameter moment: before which it may not; nil for at once.
    func grant(_ credit: Int, from moment: NIODeadline?) {
        guard let connection = self.connection, credit > 0 else { return }
        if let moment { self.lateCredit.flow.pause(until: moment) }
        let now = self.lateCredit.flow.grant(credit)
        if now > 0 { connection.grant(now) }
        if let moment, self.lateCredit.timer == nil { self.waitForCredit(until: moment) }
    }

    private func waitForCredit(until moment: NIODeadline) {
        self.lateCredit.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
            guard let self, let connection = self.connection else { return }
            self.lateCredit.timer = nil
            let (credit, later) = self.lateCredit.flow.resume(at: .now())
            if credit > 0 { connection.grant(credit) }
            if let later { self.waitForCredit(until: later) }
        }
    }
}
