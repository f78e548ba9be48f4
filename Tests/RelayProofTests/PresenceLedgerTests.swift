import RelayClient
import Testing

@testable import RelayProof

@Suite("What members of a topic are told of each other, against what they are")
struct PresenceLedgerTests {
    private static let count = 4

    /// A relay that tells each member of all others, but for one fault.
    private struct Model {
        var ledger = PresenceLedger(topic: "t", memberCount: PresenceLedgerTests.count)
        var random: ProofRandom
        let plant: Fault?
        private(set) var isPlanted = false
        /// What those who are there say, by connection.
        private var there: [String: String] = [:]
        private var connections: [String?] = Array(repeating: nil, count: PresenceLedgerTests.count)
        private var last = 0

        init(seed: UInt64, plant: Fault?) {
            self.random = ProofRandom(seed: seed)
            self.plant = plant
        }

        mutating func run() {
            for number in 0..<PresenceLedgerTests.count { self.comes(number) }
            for step in 0..<300 {
                let number = Int.random(in: 0..<PresenceLedgerTests.count, using: &self.random)
                switch Int.random(in: 0..<5, using: &self.random) {
                case 0: self.goes(number, step)
                case 1: self.told(number, .all(self.members))
                default: self.speaks(number, step)
                }
                if self.connections[number] == nil { self.comes(number, step) }
            }
        }

        /// Whether the fault is to be planted now.
        private mutating func plants(_ fault: Fault, at step: Int) -> Bool {
            guard fault == self.plant, !self.isPlanted, step > 50 else { return false }
            self.isPlanted = true
            return true
        }

        private func member(_ connection: String) -> TopicPresence.Member {
            TopicPresence.Member(
                connectionID: connection,
                user: "u",
                data: .string(self.there[connection] ?? ""),
                joinedAt: "",
                lastSeen: ""
            )
        }

        var members: [TopicPresence.Member] { self.there.keys.sorted().map(self.member) }

        private mutating func told(_ number: Int, _ content: TopicPresence.Content, off: Int = 0, topic: String = "t") {
            self.ledger.told(
                number,
                TopicPresence(
                    topic: topic,
                    content: content,
                    users: 1,
                    connections: self.there.count + off,
                    cursor: ""
                )
            )
        }

        private func others(than number: Int) -> [Int] { self.connections.indices.filter { $0 != number } }

        private mutating func comes(_ number: Int, _ step: Int = 0) {
            self.last += 1
            let connection = "c\(self.last)"
            self.ledger.asks(number)
            self.connections[number] = connection
            self.there[connection] = "0"
            self.told(number, .all(self.members))
            self.ledger.joined(number, by: connection, saying: JSONDocument.string("0").text)
            let joined = TopicPresence.Content.changes(joined: [self.member(connection)], updated: [], left: [])
            for other in self.others(than: number) where self.connections[other] != nil {
                self.told(other, joined)
                if self.plants(.toldTwice, at: step) { self.told(other, joined) }
            }
        }

        private mutating func speaks(_ number: Int, _ step: Int) {
            guard let connection = self.connections[number] else { return }
            self.last += 1
            let word = JSONDocument.string(String(self.last)).text
            self.ledger.updates(number, request: "r", to: word)
            self.there[connection] = String(self.last)
            self.ledger.updated(number, request: "r")
            let updated = TopicPresence.Content.changes(joined: [], updated: [self.member(connection)], left: [])
            for other in self.connections.indices where self.connections[other] != nil {
                if self.plants(.foreign, at: step) {
                    self.told(other, updated, topic: "another")
                } else if self.plants(.untold, at: step) {
                    self.told(other, updated, off: 1)
                }
                self.told(other, updated)
            }
        }

        private mutating func goes(_ number: Int, _ step: Int) {
            guard let connection = self.connections[number] else { return }
            self.connections[number] = nil
            self.there[connection] = nil
            if Bool.random(using: &self.random) {
                self.ledger.left(number)
            } else {
                self.ledger.disconnected(number, until: 10)
            }
            let left = TopicPresence.Content.changes(joined: [], updated: [], left: [connection])
            for other in self.others(than: number) where self.connections[other] != nil { self.told(other, left) }
        }
    }

    @Test("a relay that keeps its promises is found to", arguments: 0..<10 as Range<UInt64>)
    func held(seed: UInt64) {
        var model = Model(seed: seed, plant: nil)
        model.run()
        #expect(model.ledger.isSettled)
        model.ledger.close(rosters: [model.members, nil], at: 5)
        #expect(model.ledger.faults.isEmpty && model.ledger.samples.isEmpty && model.ledger.counts.isJudged)
        #expect(model.ledger.counts.joins > 10 && model.ledger.counts.updates > 50 && model.ledger.counts.breaks > 3)
    }

    @Test(
        "each fault in what is told is found out",
        arguments: [Fault.toldTwice, .foreign, .untold],
        0..<4 as Range<UInt64>
    )
    func planted(fault: Fault, seed: UInt64) {
        var model = Model(seed: seed, plant: fault)
        model.run()
        #expect(model.isPlanted)
        model.ledger.close(rosters: [], at: 5)
        #expect(model.ledger.faults[fault] ?? 0 > 0)
        #expect(!model.ledger.samples.isEmpty)
    }

    @Test("who is missing in a roster, says something else there, or is there though gone, is found out")
    func rosters() throws {
        var model = Model(seed: 1, plant: nil)
        model.run()
        let all = model.members
        func faults(_ roster: [TopicPresence.Member], at time: Int64 = 100) -> [Fault: Int] {
            var ledger = model.ledger
            ledger.close(rosters: [all, roster], at: time)
            return ledger.faults
        }
        #expect(faults(all).isEmpty)
        #expect(faults(Array(all.dropFirst())) == [.absent: 1])
        let first = try #require(all.first)
        let changed = TopicPresence.Member(
            connectionID: first.connectionID,
            user: first.user,
            data: "something else",
            joinedAt: "",
            lastSeen: ""
        )
        #expect(faults([changed] + all.dropFirst()) == [.absent: 1])
        let ghost = TopicPresence.Member(connectionID: "c0", user: "u", data: .null, joinedAt: "", lastSeen: "")
        #expect(faults(all + [ghost]) == [.ghost: 1])
    }

    @Test("who has lost its connection may be shown for a while")
    func broken() {
        var ledger = PresenceLedger(topic: "t", memberCount: 1)
        func member(_ connection: String) -> TopicPresence.Member {
            TopicPresence.Member(connectionID: connection, user: "u", data: "w", joinedAt: "", lastSeen: "")
        }
        let word = JSONDocument.string("w").text
        ledger.asks(0)
        ledger.joined(0, by: "a", saying: word)
        ledger.disconnected(0, until: 50)
        ledger.asks(0)
        ledger.disconnected(0, until: 60)
        ledger.asks(0)
        ledger.joined(0, by: "b", saying: word)
        #expect(!ledger.isSettled)
        let all = [member("a"), member("b"), member("unnamed")]
        ledger.told(0, TopicPresence(topic: "t", content: .all(all), users: 1, connections: 3, cursor: ""))
        for (time, ghosts) in [(40, 0), (55, 1), (65, 2)] as [(Int64, Int)] {
            var closed = ledger
            closed.close(rosters: [], at: time)
            #expect(closed.faults[.ghost] ?? 0 == ghosts, "at \(time)")
        }
        // Who is on its way can't be compared with anything.
        ledger.updates(0, request: "r", to: "x")
        ledger.close(rosters: [], at: 65)
        #expect(ledger.faults.isEmpty && !ledger.counts.isJudged)
    }
}
