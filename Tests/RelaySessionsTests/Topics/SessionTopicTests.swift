import NIOCore
import RelayCore
import RelaySessions
import RelayWire
import Testing

/// Which topics a session has, who may do what with each, who gets a message.
@Suite struct SessionTopicTests {
    static let parts = ["", "/presence", "/signal", "/punch", "/files", "/tunnel/t"]

    private let catalog = TopicCatalog([PlainStream()] + SessionTopic.all() + [SessionKeyTopic()])
    private let session: Session

    init() throws {
        self.session = try makeSession().claimed().joined(guest).joined(observer, .observer).joined(newcomer)
            .requestTunnel(name("t"), from: host, to: guest, at: moment(3)).session
    }

    private var access: TopicAccess {
        let key = TopicKey(name: self.catalog.key(ofPath: "session/\(sid)", for: UserID("x"))!.name)
        let record = TopicRecord(
            id: "1",
            key: key,
            kind: "session",
            owner: UserID(owner.text),
            createdAt: moment(0),
            isPublic: false,
            description: nil
        )
        return TopicAccess(record: record, grants: [], state: self.session)
    }

    /// Who asks in these tests.
    enum Who: CaseIterable {
        case relay
        case host
        case guest
        case observer
        case owner
        case administrator
        case stranger
        /// An account that names a peer which is not its own.
        case usurper
        /// Has a ticket that the roster does not know.
        case oldTicket

        var principal: Principal {
            switch self {
            case .relay: .relay
            case .host: Self.bearer(RelaySessionsTests.host)
            case .guest: Self.bearer(RelaySessionsTests.guest)
            case .observer: Self.bearer(RelaySessionsTests.observer)
            case .owner: Self.account(RelaySessionsTests.owner.text)
            case .administrator: Self.account("root", [.admin, .read, .write])
            case .stranger: Self.account("stranger")
            case .usurper: Self.account("stranger").acting(as: RelaySessionsTests.guest.text)
            case .oldTicket: Self.bearer(RelaySessionsTests.guest, ticket: "revoked")
            }
        }

        static func bearer(_ peer: PeerID, ticket: String? = nil) -> Principal {
            let name = TopicCatalog(SessionTopic.all()).key(ofPath: "session/\(sid)", for: UserID("x"))!.name
            let holding = TicketHolding(root: name, id: ticket ?? "own-\(peer)")
            let standing = PeerStanding(id: peer.text, ticket: holding)
            return Principal(id: UserID("ticket"), username: "t", permissions: [.read, .write], peer: standing)
        }

        private static func account(_ id: String, _ permissions: Permissions = [.read, .write]) -> Principal {
            Principal(id: UserID(id), username: id, permissions: permissions)
        }
    }

    private func behavior(_ part: String) throws -> any TopicBehavior {
        let key = try #require(self.catalog.key(ofPath: "session/\(sid)\(part)", for: UserID("x")))
        return self.catalog.behavior(of: key.name)
    }

    @Test("A session's topics have these names, and no others are any")
    func names() throws {
        for part in Self.parts {
            let key = try #require(self.catalog.key(ofPath: "session/\(sid)\(part)", for: UserID("x")))
            #expect(key.name.rawValue == "session/\(sid)\(part)")
            #expect(self.catalog.root(of: key).name.rawValue == "session/\(sid)")
        }
        for path in [
            "session/", "session//signal", "session/\(sid)/", "session/\(sid)/signal/", "session/\(sid)/chat",
            "session/\(sid)/tunnel", "session/\(sid)/tunnel/", "session/\(sid)/tunnel/a/b", "Session/\(sid)",
            "session/../\(sid)", "session/a b", "session/\u{E9}", "session/" + String(repeating: "a", count: 65),
        ] {
            #expect(self.catalog.key(ofPath: path, for: UserID("x")) == nil, "\(path)")
        }
        let scoped = TopicCatalog(SessionTopic.all(), scope: .owner)
        #expect(scoped.key(ofPath: "session/s", for: UserID("x"))?.namespace == nil)
    }

    @Test("Nobody makes such a topic, or sees one that does not exist", arguments: parts)
    func missing(part: String) throws {
        let behavior = try self.behavior(part)
        for who in Who.allCases {
            for action in [TopicAction.create, .read, .publish, .inspect, .manage] {
                #expect(behavior.decide(action, by: who.principal, on: .missing) == .missing)
            }
        }
    }

    @Test("Who may read and who may publish", arguments: parts)
    func table(part: String) throws {
        let behavior = try self.behavior(part)
        let isTunnel = part.hasPrefix("/tunnel")
        for who in Who.allCases {
            let (reads, publishes) =
                switch who {
                case .relay: (true, true)
                case .host, .guest: (true, true)
                case .observer: (!isTunnel, !isTunnel)
                case .owner, .administrator: (true, false)
                case .stranger, .usurper, .oldTicket: (false, false)
                }
            #expect((behavior.decide(.read, by: who.principal, on: self.access) == .allowed) == reads, "\(who)")
            #expect((behavior.decide(.inspect, by: who.principal, on: self.access) == .allowed) == reads, "\(who)")
            let decision = behavior.decide(.publish, by: who.principal, on: self.access)
            #expect((decision == .allowed) == publishes, "\(who)")
            let manages = behavior.decide(.manage, by: who.principal, on: self.access) == .allowed
            #expect(manages == (who == .relay), "\(who)")
        }
    }

    /// A payload, and who gets it: nil where it is refused.
    struct Case: CustomStringConvertible {
        let part: String
        let who: Who
        let payload: String
        let audience: Audience?

        init(_ part: String, _ who: Who, _ payload: String, _ audience: Audience?) {
            self.part = part
            self.who = who
            self.payload = payload
            self.audience = audience
        }

        var description: String { "\(self.part) \(self.who) \(self.payload)" }
    }

    static let cases: [Case] = [
        Case("", .observer, #"{"type":"chat_message","message":"hi"}"#, .everyone),
        Case("", .observer, #"{"type":"chat_message","to_peer_id":"guest"}"#, .one("guest")),
        Case("", .observer, #"{"type":"anything"}"#, nil),
        Case("", .observer, #"{}"#, nil),
        Case("", .guest, #"{"type":"anything"}"#, .everyone),
        Case("", .guest, #"{"type":"kicked"}"#, nil),
        Case("", .host, #"{"type":"session_state"}"#, nil),
        Case("/signal", .observer, #"{"type":"offer","to":"guest","sdp":"v=0"}"#, .one("guest")),
        Case("/signal", .observer, #"{"type":"offer","sdp":"v=0"}"#, nil),
        Case("/signal", .observer, #"{"type":"candidate","candidate":""}"#, .others),
        Case("/signal", .observer, #"{"type":"p2p_connection_request"}"#, .others),
        Case("/signal", .observer, #"{"type":"p2_p_connection_request"}"#, .others),
        Case("/signal", .observer, #"{"type":"replication_update","data":""}"#, nil),
        Case("/signal", .guest, #"{"type":"replication_update","data":""}"#, .others),
        Case("/signal", .guest, #"{"type":"offer","to_peer_id":"nobody"}"#, nil),
        Case("/signal", .guest, #"{"type":"offer","to_peer_id":7}"#, nil),
        Case("/signal", .guest, #"{"type":"offer","to":"host","to_peer_id":"observer"}"#, nil),
        Case("/signal", .guest, #"{"type":"answer","to":"host","to_peer_id":"host"}"#, .one("host")),
        Case("/signal", .guest, #"{"type":"candidate","peer_id":"guest"}"#, .others),
        Case("/signal", .guest, #"{"type":"candidate","peer_id":"host"}"#, nil),
        Case("/signal", .guest, #"{"type":"candidate","from_peer_id":"host"}"#, nil),
        Case("/signal", .guest, #"{"type":"candidate","session_id":"another"}"#, nil),
        Case("/signal", .guest, #"{"type":"candidate","session_id":"\#(sid)"}"#, .others),
        Case("/signal", .guest, #"{"type":"punch_coord"}"#, nil),
        Case("/signal", .guest, #"{"type":"candidate","candidate":"anything"}"#, nil),
        Case("/signal", .guest, #"{"type":"candidate","candidate":{"candidate":""}}"#, .others),
        Case("/signal", .guest, #"{"type":"candidate","candidate":{"ip":"192.0.2.1","port":9}}"#, .others),
        Case("/punch", .observer, #"{"type":"punch_request","to":"guest"}"#, .one("guest")),
        Case("/punch", .guest, #"{"type":"punch_request"}"#, nil),
        Case("/punch", .guest, #"{"type":"punch_request","to":"host","candidates":["x"]}"#, nil),
        Case("/punch", .guest, #"{"type":"punch_request","to":"host","nat_type":"x"}"#, nil),
        Case("/punch", .guest, #"{"type":"punch_result","to":"host","attempt":1,"reached":false}"#, .one("host")),
        Case("/punch", .guest, #"{"type":"punch_result","to":"host","reached":false}"#, nil),
        Case("/punch", .guest, #"{"type":"path_report","to":"host","mode":"direct_udp"}"#, .one("host")),
        Case("/punch", .guest, #"{"type":"path_report","to":"host","mode":"pigeon"}"#, nil),
        Case("/punch", .guest, #"{"type":"punch_coord","to":"host"}"#, nil),
        Case("/punch", .guest, #"{"type":"anything","to":"host"}"#, nil),
        Case("/punch", .guest, #"{"to":"host"}"#, nil),
        Case("/files", .observer, #"{"type":"request_files","file_paths":[]}"#, .one("host")),
        Case("/files", .observer, #"{"type":"file_changed"}"#, nil),
        Case("/files", .guest, #"{"type":"file_changed"}"#, .everyone),
        Case("/files", .guest, #"{"type":"files_chunk"}"#, nil),
        Case("/files", .guest, #"{"type":"files_chunk","to_peer_id":"observer"}"#, .one("observer")),
        Case("/files", .guest, #"{"type":"file_manifest"}"#, .others),
        Case("/tunnel/t", .guest, #"{"type":"x","to":"host"}"#, .one("host")),
        Case("/tunnel/t", .guest, #"{"type":"x","to":"observer"}"#, nil),
        Case("/tunnel/t", .guest, #"{"type":"x"}"#, nil),
    ]

    @Test("A message goes to whom its type and its address say, and only who may send it does", arguments: cases)
    func admission(of given: Case) throws {
        let behavior = try self.behavior(given.part)
        let draft = Draft(timestamp: moment(5), payload: ByteBuffer(string: given.payload))
        do throws(Refusal) {
            let admitted = try behavior.admit(draft, from: given.who.principal, access: self.access)
            #expect(admitted.audience == given.audience)
            #expect(admitted.sender == given.who.principal.peer?.id)
            #expect(admitted.payload == draft.payload)
        } catch {
            #expect(given.audience == nil, "\(error.detail)")
        }
    }

    @Test("Messages have a longest size of their own")
    func sizes() throws {
        func admits(_ part: String, _ type: String, _ bytes: Int) throws -> Bool {
            let head = #"{"type":"\#(type)","to":"host","x":""#
            let text = head + String(repeating: "a", count: bytes - head.utf8.count - 2) + #""}"#
            let draft = Draft(timestamp: moment(5), payload: ByteBuffer(string: text))
            let admitted = try? self.behavior(part).admit(draft, from: Who.guest.principal, access: self.access)
            return admitted != nil
        }
        for (part, type, longest) in [
            ("", "chat_message", 8192), ("", "x", 65_536), ("/presence", "x", 8192), ("/signal", "offer", 65_536),
            ("/files", "files_chunk", 1_048_576), ("/files", "request_files", 65_536),
        ] {
            #expect(try admits(part, type, longest))
            #expect(try !admits(part, type, longest + 1))
        }
    }

    @Test("A message for one is seen by that peer and the relay, one for others not by its sender")
    func visibility() throws {
        let behavior = try self.behavior("/signal")
        func seen(_ audience: Audience) -> [Who] {
            let message = Message(
                id: MessageID(milliseconds: 1, sequence: 0),
                timestamp: moment(5),
                payload: ByteBuffer(string: "{}"),
                metadata: nil,
                expiresAt: nil,
                audience: audience,
                sender: host.text
            )
            return [.relay, .host, .guest, .observer, .owner].filter { behavior.isVisible(message, to: $0.principal) }
        }
        #expect(seen(.everyone) == [.relay, .host, .guest, .observer, .owner])
        #expect(seen(.others) == [.relay, .guest, .observer, .owner])
        #expect(seen(.one(guest.text)) == [.relay, .guest])
    }

    @Test("Who was a peer when the session ended may see how; who was kicked may not")
    func afterwards() throws {
        let kicked = try self.session.kick(newcomer, by: .peer(host), reason: "", at: moment(4)).session
        let closing = try kicked.close(by: .peer(host), at: moment(5)).session
        let closed = try #require(closing.tick(at: moment(10))).session
        #expect(closed.state.isEnded)
        let access = TopicAccess(record: self.access.record, grants: [], state: closed)
        let behavior = try self.behavior("")
        #expect(behavior.decide(.read, by: Who.guest.principal, on: access) == .allowed)
        #expect(behavior.decide(.publish, by: Who.guest.principal, on: access) == .denied)
        #expect(behavior.decide(.read, by: Who.bearer(newcomer), on: access) == .denied)
        #expect(behavior.decide(.read, by: Who.owner.principal, on: access) == .allowed)
    }

    @Test("What is told of a transition has type, session and revision, and reaches whom it concerns")
    func events() throws {
        let invited = try self.session.createInvite(
            name("i"),
            role: .editor,
            uses: 1,
            expiresAt: moment(100),
            by: .peer(host),
            at: moment(4)
        )
        let told = invited.messages(at: moment(4))
        #expect(told.map(\.audience) == [.one("host")])
        let text = try #require(told.first.map { String(buffer: $0.payload) })
        let head = #"{"type":"invite_created","session_id":"\#(sid)","revision":\#(invited.session.revision),"jti":"i""#
        #expect(text.hasPrefix(head))
        let kick = try self.session.kick(guest, by: .peer(host), reason: "a \"b\"", at: moment(4))
        let types = kick.messages(at: moment(4)).map { String(buffer: $0.payload).split(separator: "\"")[3] }
        #expect(types == ["invite_revoked", "kicked", "tunnel_closed", "peer_left"])
        #expect(kick.messages(at: moment(4)).allSatisfy { $0.sender == nil })
    }
}
