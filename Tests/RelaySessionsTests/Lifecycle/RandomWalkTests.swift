import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

/// Random operations in random order, with clocks that jump, against what must always hold.
@Suite struct RandomWalkTests {
    @Test("10,000 random steps keep every promise", arguments: [1, 2, 3, 4] as [UInt64])
    func walk(seed: UInt64) throws {
        var walk = try RandomWalk(seed: seed)
        for _ in 0..<10_000 { try walk.step() }
        // The walk went everywhere.
        #expect(walk.ended > 20)
        #expect(walk.carriedOut.count == RandomWalk.operations)
        #expect(walk.told.isSuperset(of: ["joined", "away", "returned", "left", "kicked", "host", "lock", "tunnel"]))
    }
}

private struct RandomWalk {
    static let operations = 19

    private var generator: SeededGenerator
    private var session: Session
    private var now = moment(0)
    /// Who joined and has not left, by what was told.
    private var present: Set<PeerID> = []
    /// Tunnels that were told requested and not closed, and locks that were told granted and not released.
    private var tunnels: Set<TunnelID> = []
    private var locks: [ElementID: UInt64] = [:]
    private(set) var ended = 0
    private(set) var carriedOut: Set<Int> = []
    private(set) var told: Set<String> = []

    private static let rules: SessionRules = {
        var rules = SessionRules()
        rules.limits.peers = 5
        rules.limits.departedPeers = 3
        rules.limits.invites = 4
        rules.limits.barredKeys = 3
        rules.limits.locks = 3
        rules.limits.locksPerPeer = 2
        rules.limits.tunnels = 2
        rules.times.sessionSeconds = 600
        rules.times.maximumSessionSeconds = 1500
        return rules
    }()

    init(seed: UInt64) throws {
        self.generator = SeededGenerator(seed: seed)
        self.session = try makeSession(policy: .wait, rules: Self.rules)
    }

    mutating func step() throws {
        if self.session.state.isEnded, self.generator.chance(20) { try self.startAnew() }
        if self.generator.chance(50) { self.passTime() }
        let number = Int.random(in: 0..<Self.operations, using: &self.generator)
        do throws(SessionRefusal) {
            guard let transition = try self.apply(number) else { return }
            self.carriedOut.insert(number)
            try self.take(transition)
        } catch {
            // A refusal has a code, and changes nothing.
            #expect(error.code.status >= 400)
        }
    }

    private mutating func startAnew() throws {
        self.ended += 1
        #expect(self.present.isEmpty)
        let policy = Session.HostPolicy.allCases[self.ended % 3]
        let request = SessionRequest(id: sid, owner: self.ended % 2 == 0 ? owner : nil, host: host, hostPolicy: policy)
        self.session = try Session.create(request, rules: Self.rules, at: self.now).session
        self.tunnels = []
        self.locks = [:]
    }

    private mutating func passTime() {
        switch Int.random(in: 0..<1000, using: &self.generator) {
        case 0: self.now = self.now.adding(seconds: -Int64.random(in: 1...100_000, using: &self.generator))
        case 1: self.now = self.now.adding(seconds: Int64.random(in: 1...1000, using: &self.generator))
        case 2..<60: self.now = self.now.adding(seconds: Int64.random(in: 1...40, using: &self.generator))
        case 60..<100: self.now = self.now.adding(seconds: -1)
        default: self.now = self.now.adding(seconds: Int64.random(in: 0...3, using: &self.generator))
        }
    }

    // MARK: What is checked

    private mutating func take(_ transition: SessionTransition) throws(SessionRefusal) {
        let next = transition.session
        #expect(next.isSound, "\(next)")
        #expect(next.revision == self.session.revision + (next == self.session ? 0 : 1))
        #expect(next != self.session || transition.events.isEmpty)
        #expect(next.lastFence >= self.session.lastFence)
        for event in transition.events { self.follow(event) }
        #expect(self.present == Set(next.peers.map(\.id)))
        if !next.state.isEnded {
            #expect(self.tunnels == Set(next.tunnels.map(\.id)))
            #expect(self.locks == Dictionary(uniqueKeysWithValues: next.locks.map { ($0.element, $0.fence) }))
        }
        #expect(next.host == nil || next.roster.first?.id == next.host)
        #expect(next.peers.count <= 5 && next.departed.count <= 3 && next.invites.count <= 4)
        #expect(next.barredKeys.count <= 3 + 5 && next.locks.count <= 3 && next.tunnels.count <= 2)
        let bytes = next.document
        #expect(bytes.count <= Self.rules.limits.maximumDocumentBytes)
        #expect((try? Session(document: bytes, rules: Self.rules)) == next)
        self.checkTimes(next)
        if self.generator.chance(10) { self.checkTicks(next) }
        self.session = next
    }

    /// Nothing is due already, and nothing later than if it had just begun.
    private func checkTimes(_ next: Session) {
        guard !next.state.isEnded else { return }
        #expect(next.nextDue > self.now)
        #expect(next.expiresAt <= self.now.adding(seconds: 600) && next.endsBy <= self.now.adding(seconds: 1500))
        #expect(
            next.peers.allSatisfy {
                $0.joinedAt <= self.now && $0.awayUntil ?? self.now <= self.now.adding(seconds: 60)
            }
        )
        #expect(next.locks.allSatisfy { $0.leaseUntil <= self.now.adding(seconds: 30) })
    }

    /// To be told the time on the way makes no difference.
    private mutating func checkTicks(_ next: Session) {
        let end = self.now.adding(seconds: Int64.random(in: 0...300, using: &self.generator))
        let half = self.now.adding(seconds: Int64.random(in: 0...150, using: &self.generator))
        guard half < end, var once = next.tick(at: end) else { return }
        let first = next.tick(at: half)
        let second = (first?.session ?? next).tick(at: end)
        #expect((first?.events ?? []) + (second?.events ?? []) == once.events)
        guard let twice = second?.session ?? first?.session else { return }
        once = SessionTransition(session: once.session.numbered(twice.revision), events: [])
        #expect(twice == once.session)
    }

    private mutating func follow(_ event: SessionEvent) {
        switch event {
        case .peerJoined(let peer):
            self.told.insert("joined")
            #expect(self.present.insert(peer.id).inserted, "joined twice: \(peer.id)")
        case .peerLeft(let peer, _):
            self.told.insert("left")
            #expect(self.present.remove(peer) != nil, "left twice: \(peer)")
        case .peerAway(let peer):
            self.told.insert("away")
            #expect(self.present.contains(peer))
        case .peerReturned(let peer):
            self.told.insert("returned")
            #expect(self.present.contains(peer))
        case .kicked(let peer, _, _, _):
            self.told.insert("kicked")
            #expect(self.present.contains(peer))
        case .hostChanged:
            self.told.insert("host")
        case .lockGranted(let lock):
            self.told.insert("lock")
            #expect(self.locks.updateValue(lock.fence, forKey: lock.element) == nil)
        case .lockReleased(let lock, _):
            #expect(self.locks.removeValue(forKey: lock.element) == lock.fence)
        case .tunnelRequested(let tunnel):
            self.told.insert("tunnel")
            #expect(self.tunnels.insert(tunnel.id).inserted)
        case .tunnelClosed(let tunnel, _):
            #expect(self.tunnels.remove(tunnel.id) != nil)
        case .stateChanged(let old, let new):
            #expect(old != new && !old.isEnded)
        case .created, .connectionReplaced, .roleChanged, .inviteCreated, .inviteRevoked, .expiryExtended,
            .tunnelAccepted:
            break
        }
    }

    // MARK: What is done

    private mutating func somePeer() -> PeerID {
        if self.generator.chance(60), let peer = self.session.peers.randomElement(using: &self.generator) {
            return peer.id
        }
        return [host, guest, observer, newcomer, name("a"), name("b"), name("c")].randomElement(using: &self.generator)
            ?? host
    }

    private mutating func someActor() -> SessionActor {
        switch Int.random(in: 0..<10, using: &self.generator) {
        case 0: .relay
        case 1: .account(owner)
        case 2: .peer(self.somePeer())
        default: self.session.host.map { .peer($0) } ?? .account(owner)
        }
    }

    private mutating func someRole() -> SessionRole {
        self.generator.chance(15) ? .host : self.generator.chance(60) ? .editor : .observer
    }

    private mutating func someDigest<Kind>(_: Kind.Type = Kind.self) -> SessionDigest<Kind> {
        digest(UInt8.random(in: 0..<6, using: &self.generator))
    }

    private mutating func someTicket(for peer: PeerID) -> TicketFacts {
        var facts = claimTicket
        facts.expiresAt = self.now.adding(seconds: 100)
        if self.generator.chance(50), let invite = self.session.invites.randomElement(using: &self.generator) {
            facts.id = invite.id
            facts.role = invite.role
        } else if self.generator.chance(50) {
            let known = self.session.peer(peer)?.ticket ?? self.session.departed.first { $0.id == peer }?.ticket
            facts.id = known ?? facts.id
            facts.peer = peer
        }
        return facts
    }

    private mutating func someJoin() -> JoinRequest {
        let peer = self.somePeer()
        let own: TicketID = name("own-\(UInt64.random(in: 0..<1_000_000, using: &self.generator))")
        return JoinRequest(
            ticket: self.someTicket(for: peer),
            peer: peer,
            account: self.generator.chance(20) ? owner : nil,
            key: self.generator.chance(40) ? self.session.peer(peer)?.key ?? self.someDigest() : nil,
            resume: self.generator.chance(50) ? self.session.peer(peer)?.resume : nil,
            connection: ConnectionID(UInt64.random(in: .min ... .max, using: &self.generator)),
            ownTicket: own,
            nextResume: self.someDigest()
        )
    }

    private mutating func someElement() -> ElementID {
        name("e\(Int.random(in: 0..<4, using: &self.generator))")
    }

    private mutating func someTunnel() -> TunnelID {
        name("t\(Int.random(in: 0..<3, using: &self.generator))")
    }

    private mutating func apply(_ number: Int) throws(SessionRefusal) -> SessionTransition? {
        let (session, now, peer) = (self.session, self.now, self.somePeer())
        let connection = session.peer(peer)?.connection ?? ConnectionID(0)
        switch number {
        case 0...2: return try session.join(self.someJoin(), at: now)
        case 3: return try session.reconnect(self.someJoin(), at: now)
        case 4: return self.generator.chance(30) ? try session.leave(peer, at: now) : nil
        case 5: return self.generator.chance(40) ? try session.connectionLost(connection, of: peer, at: now) : nil
        case 6, 7: return try session.comeBack(peer, over: self.generator.chance(50) ? connection : nil, at: now)
        case 8: return self.generator.chance(40) ? try session.connectionLost(nil, of: peer, at: now) : nil
        case 9: return try session.heartbeat(by: session.host ?? peer, at: now)
        case 10: return self.generator.chance(5) ? try session.close(by: self.someActor(), at: now) : nil
        case 11:
            return self.generator.chance(30) ? try session.kick(peer, by: self.someActor(), reason: "r", at: now) : nil
        case 12:
            return try session.changeRole(
                of: peer,
                to: self.someRole(),
                by: self.someActor(),
                at: now
            )
        default: return try self.applyMore(number, peer)
        }
    }

    private mutating func applyMore(_ number: Int, _ peer: PeerID) throws(SessionRefusal) -> SessionTransition? {
        let (session, now, element) = (self.session, self.now, self.someElement())
        switch number {
        case 13:
            return try session.createInvite(
                name("i\(Int.random(in: 0..<9, using: &self.generator))"),
                role: self.someRole(),
                uses: UInt32.random(in: 0...3, using: &self.generator),
                expiresAt: now.adding(seconds: Int64.random(in: -10...600, using: &self.generator)),
                by: self.someActor(),
                at: now
            )
        case 14:
            let invite = session.invites.randomElement(using: &self.generator)?.id ?? name("none")
            return self.generator.chance(30) ? try session.revokeInvite(invite, by: self.someActor(), at: now) : nil
        case 15: return try session.acquireLock(on: element, by: peer, at: now)
        case 16:
            let fence = session.lock(on: element)?.fence ?? 0
            return self.generator.chance(50)
                ? try session.renewLock(on: element, fence: fence, by: peer, at: now)
                : try session.releaseLock(on: element, fence: fence, by: peer, at: now)
        case 17:
            let (tunnel, other) = (self.someTunnel(), self.somePeer())
            switch Int.random(in: 0..<3, using: &self.generator) {
            case 0: return try session.requestTunnel(tunnel, from: peer, to: other, at: now)
            case 1: return try session.acceptTunnel(tunnel, by: peer, at: now)
            default: return try session.closeTunnel(tunnel, by: peer, at: now)
            }
        default: return session.tick(at: now)
        }
    }
}

extension Session {
    fileprivate func numbered(_ revision: UInt64) -> Session {
        var session = self
        session.revision = revision
        return session
    }
}
