import RelayClient
import RelayWire
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
            self.ledger.close(history: self.history, settlingBeganAt: 1, at: 1)
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
            self.ledger.leaving(peer)
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
        ledger.close(history: nil, settlingBeganAt: 1, at: 1)
        #expect(ledger.messages.tallies[0].faults == [.lost: 1])
        misdelivered.delivered(message("4-0", "invite_created"), to: 1, at: 0)
        #expect(misdelivered.messages.tallies[0].faults == [.misdelivered: 1])
    }

    @Test("A peer that vanishes is told of in time, or not in time, or never")
    func vanished() {
        func news(_ type: String, _ reason: JSONDocument = .null) -> JSONDocument {
            ["type": .string(type), "peer_id": "a", "reason": reason]
        }
        let told = [news("peer_joined"), news("peer_left", "lost")]
        var roster = RosterCheck()
        roster.joined("a")
        roster.vanished("a", until: 10)
        #expect(roster.isMissing("a") && roster.isAnyMissing)
        var (inTime, late, unheard) = (roster, roster, roster)
        let heard = (inTime.heardLoss(of: "a", by: "1-0", at: 10), inTime.heardLoss(of: "a", by: "2-0", at: 11))
        #expect(heard == (true, false))
        // Another peer hears of the same loss later.
        var again = inTime
        again.vanished("a", until: 20)
        let old = again.heardLoss(of: "a", by: "1-0", at: 12)
        #expect(!old && again.isMissing("a"))
        inTime.close(at: 100)
        #expect(inTime.faults.isEmpty && inTime.faults(in: told).isEmpty)
        // Heard by one peer, and not in what is kept.
        #expect(inTime.faults(in: [told[0]]).map(\.0) == [.untold])
        #expect(inTime.faults(in: told + [told[1]]).map(\.0) == [.toldTwice])
        _ = late.heardLoss(of: "a", by: "1-0", at: 11)
        #expect(late.faults.map(\.0) == [.toldLate])
        unheard.close(at: 11)
        #expect(unheard.faults(in: [told[0]]).map(\.0) == [.untold])
        // The run has ended before it had to be told.
        roster.close(at: 10)
        #expect(roster.faults.isEmpty && roster.faults(in: [told[0]]).isEmpty)
    }

    @Test("A leave that was asked for and not answered may be told or not, but once; one that was answered is told")
    func unansweredLeave() {
        func news(_ type: String, _ reason: JSONDocument = .null) -> JSONDocument {
            ["type": .string(type), "peer_id": "a", "reason": reason]
        }
        let (joined, left, lost) = (news("peer_joined"), news("peer_left", "left"), news("peer_left", "lost"))
        var roster = RosterCheck()
        roster.joined("a")
        roster.leaving("a")
        for told in [[joined], [joined, left], [joined, lost]] { #expect(roster.faults(in: told).isEmpty) }
        #expect(roster.faults(in: [joined, left, joined, left]).map(\.0) == [.toldTwice])
        roster.left("a")
        #expect(roster.faults(in: [joined, left]).isEmpty)
        #expect(roster.faults(in: [joined, lost]).map(\.0) == [.untold])
    }

    @Test(
        "What a socket said before a message that it hears itself was taken, but for what was refused, and for other topics"
    )
    func receipts() {
        var receipts = SocketReceipts()
        for (number, topic) in [(1, "a"), (2, "b"), (3, "a"), (4, "a"), (5, "a")] { receipts.said(number, on: topic) }
        let refused = [receipts.refused(3), receipts.refused(3)]
        #expect(refused == [true, false])
        let heard = [(9, "a"), (4, "b"), (4, "a"), (4, "a"), (5, "a"), (2, "b")].map { receipts.heard($0, on: $1) }
        #expect(heard == [nil, nil, [1], nil, [], []])
    }

    @Test(
        "A message that a socket's relay took and nobody got is lost, unless a later gap may have it, or the peer began later"
    )
    func taken() {
        func ledger(_ change: (inout SessionLedger) -> Void) -> SessionLedger {
            var ledger = SessionLedger(run: "r", sessionID: "s", peers: Self.peers)
            ledger.attached(1, at: 0)
            let (number, _) = ledger.began(.addressed(to: 1, isChat: false), by: 0, fillerSize: 5, at: 1)
            change(&ledger)
            ledger.taken(number, at: 2)
            ledger.close(history: nil, settlingBeganAt: 1, at: 3)
            return ledger
        }
        let signal = "\(Self.root)/signal"
        let gap = MessageGap(topic: signal, after: "1-0", resumedFrom: nil)
        #expect(Self.count(.lost, ledger { _ in }) == 1)
        #expect(!ledger { _ in }.isSettled)
        #expect(ledger { $0.toldGap(gap, to: 1) }.messages.tallies[1].toldAsGap == 1)
        #expect(Self.count(.lost, ledger { $0.toldGap(gap, to: 2) }) == 1)
        #expect(
            Self.count(
                .lost,
                ledger { $0.toldGap(MessageGap(topic: Self.root, after: "1-0", resumedFrom: nil), to: 1) }
            ) == 1
        )
        let late = ledger { $0.began(1, in: signal, after: .zero) }
        #expect(late.messages.tallies[1].faults.isEmpty && late.isSettled)
        var early = SessionLedger(run: "r", sessionID: "s", peers: Self.peers)
        early.attached(1, at: 0)
        early.began(1, in: signal, after: .zero)
        var unsure = early
        early.knowsHistory(1, of: signal)
        for step in 0..<2 {
            for isEarly in [true, false] {
                func change(_ ledger: inout SessionLedger) {
                    let (number, _) = ledger.began(.addressed(to: 1, isChat: false), by: 0, fillerSize: 5, at: 1)
                    ledger.taken(number, at: 2)
                }
                if isEarly { change(&early) } else { change(&unsure) }
            }
            // A topic without a message has no epoch: until there is one, nothing can be told of what went with a relay.
            if step == 0 { unsure.knowsHistory(1, of: signal) }
        }
        for isEarly in [true, false] {
            var ledger = isEarly ? early : unsure
            ledger.close(history: nil, settlingBeganAt: 1, at: 3)
            #expect(Self.count(.lost, ledger) == (isEarly ? 2 : 1))
        }
    }

    @Test("A peer is owed nothing up to where the relay says that it begins, and all that comes after")
    func beginning() {
        for (begin, lost) in [
            (MessageID(milliseconds: 4, sequence: 0), 1), (MessageID(milliseconds: 5, sequence: 0), 0),
        ] {
            var ledger = SessionLedger(run: "r", sessionID: "s", peers: Self.peers)
            for peer in 0..<3 { ledger.attached(peer, at: 0) }
            let (number, _) = ledger.began(.addressed(to: 1, isChat: false), by: 0, fillerSize: 5, at: 1)
            ledger.acknowledged(number, id: "5-0", at: 2)
            ledger.began(1, in: "\(Self.root)/signal", after: begin)
            ledger.knowsHistory(1, of: "\(Self.root)/signal")
            // Only the first word counts.
            ledger.began(1, in: "\(Self.root)/signal", after: MessageID(milliseconds: 9, sequence: 0))
            ledger.close(history: nil, settlingBeganAt: 1, at: 3)
            #expect(Self.count(.lost, ledger) == lost)
        }
    }

    @Test("News of a peer may be left out for that peer alone, and that a connection was replaced for all")
    func optionalNews() {
        func message(_ id: String, _ type: String) -> RelayMessage {
            let payload: JSONDocument = ["type": .string(type), "peer_id": .string(Self.peers[1])]
            return RelayMessage(topic: Self.root, messageID: id, payload: payload, timestamp: "")
        }
        func lost(_ type: String, at readers: [Int]) -> Int {
            var ledger = SessionLedger(run: "r", sessionID: "s", peers: Self.peers)
            for reader in 0..<3 { ledger.attached(reader, at: 0) }
            for reader in readers { ledger.delivered(message("1-0", type), to: reader, at: 0) }
            for reader in 0..<3 { ledger.delivered(message("2-0", "session_extended"), to: reader, at: 0) }
            ledger.close(history: nil, settlingBeganAt: 1, at: 1)
            return Self.count(.lost, ledger)
        }
        #expect(lost("peer_away", at: [0, 2]) == 0)
        #expect(lost("peer_away", at: [0, 1]) == 1)
        #expect(lost("role_changed", at: [0, 2]) == 1)
        #expect(lost("connection_replaced", at: [1]) == 0)
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
