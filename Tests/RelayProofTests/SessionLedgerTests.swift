import RelayClient
import Testing

@testable import RelayProof

@Suite("What peers of a session hear, against what they should")
struct SessionLedgerTests {
    private static let peers = ["prove-0", "prove-1", "prove-2"]
    private static let root = "session/s"

    /// A relay that tells everybody what is for them, but for one fault.
    private struct Model {
        var ledger = SessionLedger(run: "r", sessionID: "s", peers: SessionLedgerTests.peers)
        var random: ProofRandom
        var history: [RelayMessage] = []
        var last = 0
        let plant: Fault?
        var isPlanted = false

        init(seed: UInt64, plant: Fault?) {
            self.random = ProofRandom(seed: seed)
            self.plant = plant
            for peer in 0..<3 { self.ledger.attached(peer, at: 0) }
        }

        mutating func run() {
            for peer in 0..<3 { self.comes(peer) }
            for step in 0..<200 {
                if step % 10 == 5 { self.leavesAndComes(Int.random(in: 1..<3, using: &self.random)) }
                self.say(step)
            }
            self.ledger.close(history: self.history, settlingBeganAt: 1)
        }

        private mutating func plants(_ fault: Fault, at step: Int = .max) -> Bool {
            guard fault == self.plant, !self.isPlanted, step > 50 else { return false }
            self.isPlanted = true
            return true
        }

        private mutating func tell(_ type: String, _ peer: Int) {
            self.last += 1
            let payload: JSONDocument = [
                "type": .string(type), "revision": .number(JSONNumber(self.last)),
                "peer_id": .string(SessionLedgerTests.peers[peer]), "reason": "left",
            ]
            let message = RelayMessage(
                topic: SessionLedgerTests.root,
                messageID: "\(self.last)-0",
                payload: payload,
                timestamp: ""
            )
            self.history.append(message)
            for reader in 0..<3 { self.ledger.delivered(message, to: reader, at: 2) }
        }

        private mutating func comes(_ peer: Int) {
            self.ledger.joined(peer)
            self.tell("peer_joined", peer)
        }

        private mutating func leavesAndComes(_ peer: Int) {
            self.ledger.left(peer)
            if !self.plants(.untold, at: self.last) { self.tell("peer_left", peer) }
            if self.plants(.toldTwice, at: self.last) { self.tell("peer_left", peer) }
            self.comes(peer)
        }

        private mutating func say(_ step: Int) {
            let sender = Int.random(in: 0..<3, using: &self.random)
            let target = (sender + Int.random(in: 1..<3, using: &self.random)) % 3
            let words: [SessionLedger.Word] = [
                .chat, .signal, .addressed(to: target, isChat: true), .addressed(to: target, isChat: false),
            ]
            let word = words[Int.random(in: 0..<4, using: &self.random)]
            let (number, outgoing) = self.ledger.began(word, by: sender, fillerSize: 5, at: 1)
            self.last += 1
            let id = "\(self.last)-0"
            let isForeign = self.plants(.foreign, at: step)
            let message = RelayMessage(
                topic: outgoing.topic,
                messageID: id,
                payload: outgoing.payload,
                timestamp: "",
                sender: SessionLedgerTests.peers[isForeign ? (sender + 1) % 3 : sender]
            )
            if message.topic == SessionLedgerTests.root { self.history.append(message) }
            self.ledger.acknowledged(number, id: id, at: 1)
            var readers: [Int] =
                switch word {
                case .chat: [0, 1, 2]
                case .signal: [0, 1, 2].filter { $0 != sender }
                case .addressed(let target, _): [target]
                }
            if word != .chat, self.plants(.misdelivered, at: step) { readers.append(sender) }
            if self.plants(.lost, at: step) { readers.removeLast() }
            if self.plants(.repeated, at: step) { readers.append(readers[0]) }
            for reader in readers { self.ledger.delivered(message, to: reader, at: 2) }
        }
    }

    private static func count(_ fault: Fault, _ ledger: SessionLedger) -> Int {
        ledger.messages.tallies.map { $0.count(fault) }.reduce(0, +)
    }

    @Test("A relay that does nothing wrong has no fault", arguments: 0..<30 as Range<UInt64>)
    func good(seed: UInt64) {
        var model = Model(seed: seed, plant: nil)
        model.run()
        #expect(model.ledger.messages.tallies.allSatisfy { $0.faults.isEmpty }, "\(model.ledger.messages.samples)")
        #expect(model.ledger.messages.isSettled)
        #expect(model.ledger.messages.tallies.allSatisfy { $0.delivered > 20 })
    }

    @Test(
        "One fault is found, whatever it is",
        arguments: [Fault.misdelivered, .toldTwice, .untold, .foreign, .lost, .repeated].flatMap { fault in
            (0..<20 as Range<UInt64>).map { (fault, $0) }
        }
    )
    func planted(fault: Fault, seed: UInt64) {
        var model = Model(seed: seed, plant: fault)
        model.run()
        #expect(model.isPlanted)
        #expect(Self.count(fault, model.ledger) > 0, "\(model.ledger.messages.samples)")
    }

    @Test("News that one peer got and another passed over are lost, and those for the host reach nobody else")
    func news() {
        func message(_ id: String, _ type: String) -> RelayMessage {
            let payload: JSONDocument = ["type": .string(type)]
            return RelayMessage(topic: Self.root, messageID: id, payload: payload, timestamp: "")
        }
        var ledger = SessionLedger(run: "r", sessionID: "s", peers: Self.peers)
        for reader in 0..<2 { ledger.delivered(message("1-0", "session_created"), to: reader, at: 0) }
        ledger.delivered(message("2-0", "invite_created"), to: 0, at: 0)
        for reader in 0..<3 { ledger.delivered(message("3-0", "session_extended"), to: reader, at: 0) }
        var misdelivered = ledger
        ledger.close(history: nil, settlingBeganAt: 1)
        #expect(ledger.messages.tallies[0].faults == [.lost: 1])
        misdelivered.delivered(message("4-0", "invite_created"), to: 1, at: 0)
        #expect(misdelivered.messages.tallies[0].faults == [.misdelivered: 1])
    }

    @Test("Who was lost and comes back is told of, and nobody has to have done it")
    func lostPeers() {
        var roster = RosterCheck()
        roster.joined("a")
        func news(_ type: String, _ reason: JSONDocument = .null) -> JSONDocument {
            ["type": .string(type), "peer_id": "a", "reason": reason]
        }
        let told = [news("peer_joined"), news("peer_away"), news("peer_left", "lost"), news("peer_joined")]
        #expect(roster.faults(in: told).isEmpty)
        #expect(roster.faults(in: told + [news("peer_joined")]).map(\.0) == [.toldTwice])
        #expect(roster.faults(in: told + [news("peer_left", "left")]).map(\.0) == [.toldTwice])
    }
}
