import RelayClient
import Synchronization

/// Members of a topic of the run's own, who come, speak of themselves, go and come back on all nodes, and watch each other.
///
/// Owner of the ledger: its lock, held for one entry.
final class PresenceProof: Sendable {
    let nodes: [RelayClient]
    let plan: ProofPlan
    /// Whose time it is, and who counts what goes wrong on the network.
    let run: ProofJournal
    private let ledger: Mutex<PresenceLedger>

    init(_ nodes: [RelayClient], _ plan: ProofPlan, run: ProofJournal) {
        self.nodes = nodes
        self.plan = plan
        self.run = run
        self.ledger = Mutex(PresenceLedger(topic: plan.topics[0], memberCount: plan.memberCount))
    }

    var topic: String { self.plan.topics[0] }

    func write<Value: Sendable>(_ body: (inout PresenceLedger, Int64) -> Value) -> Value {
        let now = self.run.now
        return self.ledger.withLock { body(&$0, now) }
    }

    /// Until it is cancelled.
    ///
    /// - Parameter deadline: members stay where they are from then on, or once publishing is ended.
    func run(until deadline: ContinuousClock.Instant) async {
        await withDiscardingTaskGroup { group in
            for number in 0..<self.plan.memberCount {
                let member = ProofMember(number: number, proof: self, deadline: deadline)
                group.addTask { await member.run() }
            }
        }
    }

    var isSettled: Bool { self.write { ledger, _ in ledger.isSettled } }

    /// Asks each node who is there, and compares. To be called while the members are still there.
    func close() async -> PresenceLedger {
        var rosters: [[TopicPresence.Member]?] = []
        for node in self.nodes { rosters.append(try? await node.members(of: self.topic)) }
        let found = rosters
        return self.write { ledger, now in
            ledger.close(rosters: found, at: now)
            return ledger
        }
    }
}
