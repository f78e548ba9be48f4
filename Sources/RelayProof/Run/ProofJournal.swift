import Synchronization

/// Where all publishers and readers of a run write down what they see. Owner of the ledger and the counts: its lock, held
/// for one entry.
final class ProofJournal: Sendable {
    struct Entries: Sendable {
        var ledger: Ledger
        var traffic = TrafficCounts()
        var isEnding = false
    }

    private let entries: Mutex<Entries>
    private let start = ContinuousClock.now

    init(_ ledger: Ledger) {
        self.entries = Mutex(Entries(ledger: ledger))
    }

    /// Nanoseconds since the run began.
    var now: Int64 { (ContinuousClock.now - self.start).inNanoseconds }

    func write<Value: Sendable>(_ body: (inout Ledger, Int64) -> Value) -> Value {
        let now = self.now
        return self.entries.withLock { body(&$0.ledger, now) }
    }

    func answered(_ status: Int) {
        self.entries.withLock { $0.traffic.answered(status) }
    }

    func failed(_ error: any Error) {
        self.entries.withLock { $0.traffic.failed(error) }
    }

    func resumed() {
        self.entries.withLock { $0.traffic.resumes += 1 }
    }

    func frameRefused() {
        self.entries.withLock { $0.traffic.refusedFrames += 1 }
    }

    /// Nothing more is to be published.
    func endPublishing() {
        self.entries.withLock { $0.isEnding = true }
    }

    var isEnding: Bool { self.entries.withLock { $0.isEnding } }

    var copy: Entries { self.entries.withLock { $0 } }
}
