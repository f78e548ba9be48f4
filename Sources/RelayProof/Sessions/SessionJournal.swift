import RelayClient
import Synchronization

/// Where a session's peers write down what they see. Owner of the ledger: its lock, held for one entry.
final class SessionJournal: Sendable {
    private let ledger: Mutex<SessionLedger>
    /// Whose time it is, and who counts what goes wrong on the network.
    private let run: ProofJournal

    init(_ ledger: SessionLedger, run: ProofJournal) {
        self.ledger = Mutex(ledger)
        self.run = run
    }

    func write<Value: Sendable>(_ body: (inout SessionLedger, Int64) -> Value) -> Value {
        let now = self.run.now
        return self.ledger.withLock { body(&$0, now) }
    }

    /// What the relay refuses is the peers' own fault here: they speak to some who have left.
    func failed(_ error: any Error) {
        if error is CancellationError || (error as? RelayError)?.code == .refused { return }
        self.run.failed(error)
    }

    func resumed() { self.run.resumed() }

    var isEnding: Bool { self.run.isEnding }

    var copy: SessionLedger { self.ledger.withLock { $0 } }
}
