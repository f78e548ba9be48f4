import RelaySessions
import RelayWire
import Testing

/// The moment that many seconds after the sessions of these tests are made.
func moment(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: 1_800_000_000_000_000).adding(seconds: seconds)
}

func name<Kind>(_ text: String, as _: Kind.Type = Kind.self) -> BoundedName<Kind> {
    guard let name = BoundedName<Kind>(text) else { preconditionFailure("\(text) is no name") }
    return name
}

func digest<Kind>(_ byte: UInt8, as _: Kind.Type = Kind.self) -> SessionDigest<Kind> {
    guard let digest = SessionDigest<Kind>([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
    return digest
}

let sid: SessionID = name("11111111-2222-4333-8444-555555555555")
let owner: AccountID = name("owner")
let host: PeerID = name("host")
let guest: PeerID = name("guest")
let observer: PeerID = name("observer")
let newcomer: PeerID = name("newcomer")
let claim: TicketID = name("claim")

func makeSession(
    policy: Session.HostPolicy = .close,
    rules: SessionRules = SessionRules(),
    defaultRole: SessionRole = .editor
) throws -> Session {
    let request = SessionRequest(id: sid, owner: owner, host: host, hostPolicy: policy, defaultRole: defaultRole)
    return try Session.create(request, rules: rules, at: moment(0)).session
}

func ticket(_ id: TicketID, _ role: SessionRole, peer: PeerID? = nil, key: KeyThumbprint? = nil) -> TicketFacts {
    TicketFacts(session: sid, role: role, id: id, key: key, peer: peer, expiresAt: moment(1_000_000))
}

/// The claim to be host that everybody may have.
var claimTicket: TicketFacts { ticket(claim, .host) }

/// The ticket that the peer got for its own by ``joining(_:as:)``.
func ownTicket(_ peer: PeerID, _ role: SessionRole = .editor) -> TicketFacts {
    ticket(name("own-\(peer)"), role, peer: peer)
}

/// The number of a connection depends on the peer and on `over`.
func connection(_ peer: PeerID, _ over: UInt64 = 1) -> ConnectionID {
    ConnectionID(peer.text.utf8.reduce(over) { $0 &* 257 &+ UInt64($1) })
}

func joining(
    _ ticket: TicketFacts,
    as peer: PeerID,
    account: AccountID? = nil,
    key: KeyThumbprint? = nil,
    resume: ResumeDigest? = nil,
    once: JoinKey? = nil,
    origin: UInt64? = nil,
    over: UInt64 = 1
) -> JoinRequest {
    JoinRequest(
        ticket: ticket,
        peer: peer,
        account: account,
        key: key,
        resume: resume,
        once: once,
        origin: origin,
        profile: Array("{}".utf8),
        connection: connection(peer, over),
        ownTicket: name("own-\(peer)"),
        nextResume: digest(peer.text.utf8.first ?? 0)
    )
}

/// By names that are no members of a session.
private let (theOwner, theHost) = (owner, host)

extension Session {
    /// Has the host come in.
    func claimed(at seconds: Int64 = 1, key: KeyThumbprint? = nil) throws -> Session {
        try self.join(joining(claimTicket, as: theHost, key: key), at: moment(seconds)).session
    }

    /// Has the account that made the session invite that many.
    func inviting(_ id: TicketID, _ role: SessionRole, uses: UInt32 = 1, at seconds: Int64 = 1) throws -> Session {
        try self.createInvite(
            id,
            role: role,
            uses: uses,
            expiresAt: moment(seconds + 900),
            by: .account(theOwner),
            at: moment(seconds)
        ).session
    }

    /// Has a peer come in by an invite of its own.
    func joined(
        _ peer: PeerID,
        _ role: SessionRole = .editor,
        key: KeyThumbprint? = nil,
        at seconds: Int64 = 2
    ) throws -> Session {
        let invite: TicketID = name("for-\(peer)")
        let request = joining(ticket(invite, role), as: peer, key: key)
        return try self.inviting(invite, role, at: seconds).join(request, at: moment(seconds)).session
    }

    var names: [PeerID] { self.roster.map(\.id) }
}

/// The refusal of an operation that must be refused.
func refusal(_ operation: () throws(SessionRefusal) -> SessionTransition) throws -> SessionRefusal {
    do throws(SessionRefusal) {
        _ = try operation()
    } catch {
        return error
    }
    struct NotRefused: Error {}
    throw NotRefused()
}

extension [SessionEvent] {
    var leaves: [SessionEvent] {
        self.filter { if case .peerLeft = $0 { true } else { false } }
    }
}
