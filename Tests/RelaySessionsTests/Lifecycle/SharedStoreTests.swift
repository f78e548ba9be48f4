import RelaySessions
import RelayWire
import SeededRandom
import Testing

/// Several relays decide on one session, from what they read last, and store over the revision that they decided from.
@Suite struct SharedStoreTests {
    @Test(
        "Relays that decide at once tell each joining and each leaving once",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func race(seed: UInt64) throws {
        var race = try StoreRace(seed: seed)
        for _ in 0..<400 { try race.step() }
        #expect(race.lost > 20)
        // One relay is left, and looks much later.
        try race.finish()
        #expect(race.present.isEmpty)
    }
}

private struct StoreRace {
    private var generator: SeededGenerator
    private var stored: [UInt8]
    private var revision: UInt64
    /// What each relay read last, and how far its clock is ahead, in seconds.
    private var relays: [(session: Session, ahead: Int64)]
    private var seconds: Int64 = 0
    private(set) var present: Set<PeerID> = []
    /// How often another relay was faster.
    private(set) var lost = 0

    init(seed: UInt64) throws {
        self.generator = SeededGenerator(seed: seed)
        (self.stored, self.revision, self.relays) = ([], 0, [])
        try self.begin()
    }

    private mutating func begin() throws {
        self.seconds = 0
        let session = try makeSession(policy: .migrate).inviting(name("all"), .editor, uses: 10_000, at: 0)
        (self.stored, self.revision) = (session.document, session.revision)
        self.relays = [(session, 0), (session, 1), (session, -1)]
    }

    mutating func step() throws {
        if self.generator.chance(40) { self.seconds += Int64.random(in: 1...9, using: &self.generator) }
        let relay = self.relays.indices.randomElement(using: &self.generator) ?? 0
        if self.generator.chance(40) { try self.read(relay) }
        guard let transition = self.decide(relay) else { return }
        if try self.store(transition) {
            self.relays[relay].session = transition.session
            if transition.session.state.isEnded { try self.begin() }
        } else {
            self.lost += 1
            try self.read(relay)
        }
    }

    mutating func finish() throws {
        try self.read(0)
        guard let last = self.relays[0].session.tick(at: moment(self.seconds + 100_000)) else { return }
        #expect(try self.store(last))
        #expect(last.session.state.isEnded)
    }

    private mutating func read(_ relay: Int) throws {
        self.relays[relay].session = try Session(document: self.stored, rules: SessionRules())
    }

    private mutating func decide(_ relay: Int) -> SessionTransition? {
        let (session, ahead) = self.relays[relay]
        let now = moment(self.seconds + ahead)
        let peer = [host, guest, observer, newcomer].randomElement(using: &self.generator) ?? host
        let there = session.peer(peer)
        switch Int.random(in: 0..<10, using: &self.generator) {
        case 0...3:
            let facts = there?.id == host || session.hostIdentity == nil ? claimTicket : ticket(name("all"), .editor)
            return try? session.join(joining(facts, as: peer, resume: there?.resume), at: now)
        case 4...6:
            return try? session.comeBack(peer, over: nil, at: now)
        case 7: return try? session.connectionLost(there?.connection ?? connection(peer), of: peer, at: now)
        case 8: return try? session.leave(peer, at: now)
        default: return session.tick(at: now)
        }
    }

    /// - Returns: whether the revision was still the one before.
    private mutating func store(_ transition: SessionTransition) throws -> Bool {
        // Nothing changed, so there is nothing to store.
        if transition.events.isEmpty, transition.session.revision == self.revision { return true }
        guard transition.session.revision == self.revision + 1 else { return false }
        (self.stored, self.revision) = (transition.session.document, transition.session.revision)
        for event in transition.events {
            if case .peerJoined(let peer) = event { #expect(self.present.insert(peer.id).inserted) }
            if case .peerLeft(let peer, _) = event { #expect(self.present.remove(peer) != nil) }
        }
        #expect(self.present == Set(transition.session.peers.map(\.id)))
        return true
    }
}
