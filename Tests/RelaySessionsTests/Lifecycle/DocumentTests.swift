import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

/// The stored form.
@Suite struct DocumentTests {
    /// A session with something of everything.
    private func rich() throws -> Session {
        try makeSession(policy: .migrate)
            .join(joining(claimTicket, as: host, key: digest(3), once: digest(7), origin: 5), at: moment(1)).session
            .joined(guest, key: digest(9)).joined(
                observer,
                .observer
            )
            .joined(newcomer).joined(name("kicked"), key: digest(4)).inviting(name("spare"), .editor, uses: 70_000)
            .connectionLost(connection(guest), of: guest, at: moment(3)).session
            .kick(name("kicked"), by: .peer(host), reason: "", at: moment(3)).session
            .leave(newcomer, at: moment(3)).session
            .acquireLock(on: name("e"), by: host, at: moment(3)).session
            .requestTunnel(name("t"), from: host, to: observer, at: moment(3)).session
            .requestTunnel(name("u"), from: observer, to: host, at: moment(3)).session
            .acceptTunnel(name("u"), by: host, at: moment(4)).session
            .placeTunnel(name("u"), at: name("http://a:1"), insteadOf: nil, by: host, at: moment(4)).session
            .openProxy(name("p"), from: host, to: observer, at: name("http://a:1"), now: moment(4)).session
            .openProxy(name("q"), from: observer, to: nil, at: name("http://b:1"), now: moment(4)).session
            .share(name("notes"), by: host, at: moment(4)).session
            .placePeer(observer, at: name("http://b:1"), now: moment(4)).session
    }

    @Test("A session whose peers have places ends with these, keeps one for each, and loses them with their peers")
    func places() throws {
        let before = try makeSession().claimed().joined(observer, .observer)
        let placed = try before.placePeer(host, at: name("n"), now: moment(4)).session
        let head: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
        let peer = [0, UInt8(host.text.utf8.count)] + Array(host.text.utf8)
        #expect(placed.document[4] == 6)
        #expect(placed.document.suffix(head.count + peer.count + 3) == head + peer + [0, 1] + Array("n".utf8))
        #expect(try Session(document: placed.document, rules: placed.rules) == placed)
        let same = try placed.placePeer(host, at: name("n"), now: moment(4))
        #expect(same.session.revision == placed.revision && same.events.isEmpty)
        let moved = try placed.placePeer(host, at: name("m"), now: moment(4)).session
        #expect(moved.node(of: host) == name("m") && moved.node(of: observer) == nil && moved.places.count == 1)
        let both = try moved.placePeer(observer, at: name("n"), now: moment(4)).session
        #expect(try both.leave(observer, at: moment(4)).session.places.map(\.peer) == [host])
        #expect(throws: SessionRefusal.peerUnknown) { try both.placePeer(newcomer, at: name("n"), now: moment(4)) }
    }

    @Test("A session with documents ends with these, and is written so from its first document on")
    func sharedDocuments() throws {
        let shared = try makeSession().claimed().share(name("d"), by: host, at: moment(4)).session
        #expect(shared.document[4] == 5)
        #expect(shared.document.suffix(5) == [0, 1, 0, 1] + Array("d".utf8))
        #expect(try Session(document: shared.document, rules: shared.rules) == shared)
        let twice = Array(shared.document.dropLast(5)) + [0, 2, 0, 1] + Array("d".utf8) + [0, 1] + Array("d".utf8)
        #expect(throws: SessionDocumentError.damaged) { try Session(document: twice, rules: shared.rules) }
    }

    @Test("A session without proxy frames is written as by relays that know none, and one with them ends with these")
    func proxies() throws {
        let before = try makeSession().claimed().joined(observer, .observer)
        #expect(before.document[4] == 2)
        let opened = try before.openProxy(name("p"), from: host, to: nil, at: name("n"), now: moment(4)).session
        let head: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 1] + Array("p".utf8)
        let opener = [0, UInt8(host.text.utf8.count)] + Array(host.text.utf8)
        #expect(opened.document[4] == 4)
        #expect(opened.document.suffix(head.count + opener.count + 4) == head + opener + [0, 0, 1] + Array("n".utf8))
        let claimed = try opened.claimProxy(name("p"), for: observer, now: moment(4)).session
        #expect(try Session(document: claimed.document, rules: claimed.rules) == claimed)
        #expect(claimed.proxies.first?.target == observer)
        let closed = try claimed.closeProxy(name("p"), now: moment(4)).session
        #expect(closed.proxies.isEmpty && closed.document[4] == 2)
        #expect(try claimed.leave(observer, at: moment(4)).session.proxies.isEmpty)
    }

    @Test("A peer asks for proxy frames with another once, in one direction")
    func proxyRequests() throws {
        let session = try makeSession().claimed().joined(observer, .observer)
        let asked = try session.openProxy(name("p"), from: host, to: observer, at: name("n"), now: moment(4)).session
        let again = try asked.openProxy(name("q"), from: host, to: observer, at: name("m"), now: moment(4)).session
        #expect(again.proxies.map(\.id) == [name("q")])
        #expect(throws: SessionRefusal.tunnelExists) {
            try again.openProxy(name("r"), from: observer, to: host, at: name("n"), now: moment(4))
        }
        #expect(throws: SessionRefusal.peerUnknown) {
            try again.openProxy(name("r"), from: observer, to: newcomer, at: name("n"), now: moment(4))
        }
        let claimed = try again.claimProxy(name("q"), for: host, now: moment(4)).session
        #expect(claimed.proxies == again.proxies)
    }

    @Test("A new session's bytes are these")
    func golden() throws {
        let request = SessionRequest(id: name("s1"), owner: name("me"), host: name("h"), hostPolicy: .migrate)
        let at = Timestamp(microseconds: 1)
        let session = try Session.create(request, rules: SessionRules(), at: at).session
        let expected: [UInt8] =
            Array("PRSS".utf8) + [2, 0, 2] + Array("s1".utf8) + [0, 0, 0, 0, 0, 0, 0, 1]
            // created, until 120 s later
            + [0, 0, 0, 0, 0, 0x07, 0x27, 0x0E, 0x01]
            + [2, 1, 0, 2] + Array("me".utf8) + [0, 1] + Array("h".utf8) + [1]
            + [0, 0, 0, 2] + Array("{}".utf8)
            + [0, 0, 0, 0, 0, 0, 0, 1] + [0, 0, 0, 0, 0xD6, 0x93, 0xA4, 0x01] + [0, 0, 0, 0x14, 0x1D, 0xD7, 0x60, 0x01]
            + [0, 0] + [0, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0] + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 0]
        #expect(session.document == expected)
        #expect(try Session(document: expected, rules: SessionRules()) == session)
    }

    @Test("The first version is read too: its invites were anybody's")
    func firstVersion() throws {
        let invited = try makeSession().claimed().inviting(name("of the first"), .editor)
        let made = try invited.createInvite(
            name("of the second"),
            role: .editor,
            uses: 1,
            expiresAt: moment(60),
            by: .peer(host),
            at: moment(2)
        ).session
        #expect(made.invites.map(\.maker) == [nil, host])
        #expect(try Session(document: made.document, rules: SessionRules()) == made)
        var bytes = invited.document
        bytes[4] = 1
        // The id, role and capabilities, uses, end, and whether it is revoked.
        let place = try #require(bytes.firstRange(of: Array("of the first".utf8))).upperBound + 1 + 1 + 4 + 8 + 1
        #expect(bytes.remove(at: place) == 0)
        #expect(try Session(document: bytes, rules: SessionRules()) == invited)
    }

    @Test("Every state comes back as it was", arguments: StateTableTests.Stage.allCases)
    func states(stage: StateTableTests.Stage) throws {
        let session = try stage.session()
        #expect(try Session(document: session.document, rules: session.rules) == session)
    }

    @Test("A later version is refused, and so is what is no session")
    func versions() throws {
        var bytes = try self.rich().document
        bytes[4] = 7
        #expect(throws: SessionDocumentError.unknownVersion(7)) { try Session(document: bytes, rules: SessionRules()) }
        bytes[0] = 0
        #expect(throws: SessionDocumentError.notASession) { try Session(document: bytes, rules: SessionRules()) }
        #expect(throws: SessionDocumentError.notASession) { try Session(document: [], rules: SessionRules()) }
    }

    @Test("A document that is cut off anywhere, or goes on, is refused")
    func lengths() throws {
        let bytes = try self.rich().document
        #expect(try Session(document: bytes, rules: SessionRules()) == self.rich())
        for length in 0..<bytes.count {
            #expect(throws: SessionDocumentError.self) {
                try Session(document: Array(bytes[..<length]), rules: SessionRules())
            }
        }
        #expect(throws: SessionDocumentError.damaged) { try Session(document: bytes + [0], rules: SessionRules()) }
    }

    @Test("A changed byte anywhere is refused, or gives a sound session of just these bytes")
    func mutations() throws {
        let bytes = try self.rich().document
        var generator = SeededGenerator(seed: 41)
        for place in bytes.indices {
            for value in [0, 1, 0x7F, 0xFF, bytes[place] ^ 0x80, UInt8.random(in: 0...255, using: &generator)] {
                var changed = bytes
                changed[place] = value
                self.check(changed)
            }
        }
    }

    @Test("Noise and spliced documents are refused, or give sound sessions", arguments: [1, 2, 3] as [UInt64])
    func noise(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bytes = try self.rich().document
        for _ in 0..<1000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let begin = Int.random(in: 5..<changed.count, using: &generator)
                let end = min(changed.count, begin + Int.random(in: 0...12, using: &generator))
                let noise = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                changed.replaceSubrange(begin..<end, with: noise)
                if changed.count <= 5 { break }
            }
            self.check(changed)
        }
    }

    @Test("What no operation makes is refused")
    func unsound() throws {
        let sound = try self.rich()
        let changes: [(inout Session) -> Void] = [
            { $0.revision = 0 },
            { $0.revision = .max },
            { $0.lastFence = 0 },
            { $0.expiresAt = $0.endsBy.adding(seconds: 1) },
            { $0.state = .created(claimBy: moment(120)) },
            { $0.state = .hostAway },
            { $0.state = .closed(at: moment(5), .hostLeft) },
            { $0.host = nil },
            { $0.host = observer },
            { $0.hostIdentity = nil },
            { $0.peers.append($0.peers[0]) },
            { $0.peers[0].joinedAt = moment(9) },
            { $0.peers[1].role = .host },
            { $0.peers.removeAll { $0.id == observer } },
            { $0.departed.append(DepartedPeer($0.peers[1])) },
            { $0.invites.append($0.invites[0]) },
            { $0.barredKeys += $0.barredKeys },
            { $0.locks += $0.locks },
            { $0.tunnels += $0.tunnels },
            { $0.joins += $0.joins },
            { $0.origins += $0.origins },
            { $0.origins = [PeerOrigin(peer: name("nobody"), mark: 1)] },
            { $0.places += $0.places },
            { $0.places.append(PeerPlace(peer: name("stranger"), node: name("n"))) },
            { $0.proxies += $0.proxies },
            { $0.proxies[0].target = $0.proxies[0].opener },
            { $0.proxies[0].target = newcomer },
        ]
        for (number, change) in changes.enumerated() {
            var session = sound
            change(&session)
            #expect(throws: SessionDocumentError.damaged, "change \(number)") {
                try Session(document: session.document, rules: SessionRules())
            }
        }
    }

    @Test("A full session is no longer than its limits say")
    func bound() throws {
        var rules = SessionRules()
        rules.limits.peers = 3
        rules.limits.departedPeers = 0
        rules.limits.invites = 1
        rules.limits.locks = 1
        rules.limits.tunnels = 1
        rules.limits.sharedDocuments = 1
        rules.limits.barredKeys = 1
        rules.limits.repeatableJoins = 2
        func long<Kind>(_ letter: String) -> BoundedName<Kind> {
            name(String(repeating: letter, count: Kind.maximumBytes))
        }
        let request = SessionRequest(
            id: long("s"),
            owner: long("o"),
            host: long("0"),
            metadata: [UInt8](repeating: 0x20, count: rules.limits.metadataBytes)
        )
        var session = try Session.create(request, rules: rules, at: moment(0)).session
        for letter in ["0", "1", "2"] {
            var facts = TicketFacts(session: long("s"), role: .host, id: long("c"), expiresAt: moment(100))
            facts.capabilities = .all
            let peer = JoinRequest(
                ticket: facts,
                peer: long(letter),
                account: long("a"),
                key: digest(letter.utf8.first ?? 0),
                once: digest(letter.utf8.first ?? 0),
                origin: 1,
                profile: [UInt8](repeating: 0x20, count: rules.limits.profileBytes),
                connection: ConnectionID(1),
                ownTicket: long(letter),
                nextResume: digest(2)
            )
            session = try session.join(peer, at: moment(1)).session
        }
        session = try session.createInvite(
            long("i"),
            role: .editor,
            uses: 1,
            expiresAt: moment(60),
            by: .peer(long("0")),
            at: moment(2)
        ).session
        session = try session.acquireLock(on: long("e"), by: long("0"), at: moment(2)).session
        session = try session.requestTunnel(long("t"), from: long("0"), to: long("1"), at: moment(2)).session
        session = try session.acceptTunnel(long("t"), by: long("1"), at: moment(2)).session
        session = try session.placeTunnel(
            long("t"),
            at: long("n"),
            insteadOf: nil,
            by: long("1"),
            at: moment(2)
        ).session
        session = try session.openProxy(long("p"), from: long("0"), to: long("1"), at: long("n"), now: moment(2))
            .session
        session = try session.share(long("d"), by: long("0"), at: moment(2)).session
        for letter in ["0", "1", "2"] {
            session = try session.placePeer(long(letter), at: long("n"), now: moment(2)).session
        }
        session = try session.close(by: .relay, at: moment(3)).session
        // All that it could have besides is keys that were kicked: one, and those of the three that are in. Who is there has no time to come back by.
        #expect(session.document.count == rules.limits.maximumDocumentBytes - 4 * 32 - 3 * 8)
        #expect(
            SessionLimits().maximumDocumentBytes == 602_214 + 4 + 128 * (32 + 258 + 130 + 8) + 64 * (257 + 8) + 2 + 16
                * 130 + 2 + 64 * (257 + 257)
        )
    }

    private func check(_ bytes: [UInt8]) {
        guard let session = try? Session(document: bytes, rules: SessionRules()) else { return }
        #expect(session.isSound)
        #expect(session.document == bytes)
        // Whatever it says, it can be gone on with.
        for now in [moment(5), moment(50_000), moment(-50_000)] {
            if let next = session.tick(at: now) { #expect(next.session.isSound) }
            if let next = try? session.close(by: .relay, at: now) { #expect(next.session.isSound) }
            for peer in session.peers {
                if let next = try? session.leave(peer.id, at: now) { #expect(next.session.isSound) }
            }
        }
    }
}
