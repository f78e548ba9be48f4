import NIOCore
public import RelayCore
public import RelayWire

extension SessionTransition {
    /// What to say on the session's root topic, in this order: a message for each event that concerns somebody.
    ///
    /// Every message has `type`, `session_id` and `revision`, by which two of them can be told apart and put in order.
    ///
    /// - Parameter now: when the transition was decided.
    public func messages(at now: Timestamp) -> [Draft] {
        self.events.compactMap { event in
            guard let (audience, members) = event.message(in: self.session) else { return nil }
            var json = PayloadObject()
            json.add("type", event.type)
            json.add("session_id", self.session.id.text)
            json.add("revision", Int64(clamping: self.session.revision))
            members(&json)
            return Draft(timestamp: now, payload: json.finish(), audience: audience)
        }
    }
}

extension SessionEvent {
    /// `type` of its message.
    var type: String {
        switch self {
        case .created: "session_created"
        case .stateChanged: "session_state"
        case .peerJoined: "peer_joined"
        case .peerAway: "peer_away"
        case .peerReturned: "peer_returned"
        case .connectionReplaced: "connection_replaced"
        case .peerLeft: "peer_left"
        case .kicked: "kicked"
        case .roleChanged: "role_changed"
        case .hostChanged: "host_changed"
        case .inviteCreated: "invite_created"
        case .inviteRevoked: "invite_revoked"
        case .expiryExtended: "session_extended"
        case .lockGranted: "lock_granted"
        case .lockReleased: "lock_released"
        case .tunnelRequested: "tunnel_requested"
        case .tunnelAccepted: "tunnel_accepted"
        case .tunnelClosed: "tunnel_closed"
        }
    }

    fileprivate typealias Members = (inout PayloadObject) -> Void

    /// Who is told, and what; nil where nobody is there to be told.
    fileprivate func message(in session: Session) -> (Audience, Members)? {
        switch self {
        case .created:
            return (.everyone, { $0.add("host_id", session.declaredHost.text) })
        case .stateChanged(let old, let new):
            return (.everyone, { $0.addStates(old, new) })
        case .expiryExtended(let end):
            return (.everyone, { $0.add("expires_at", end.unixSeconds) })
        case .hostChanged(let old, let new, let reason):
            return (
                .everyone,
                {
                    $0.add("host_peer_id", new?.text)
                    $0.add("previous_host_peer_id", old?.text)
                    $0.add("reason", reason.rawValue)
                }
            )
        case .inviteCreated(let invite):
            guard let host = session.host else { return nil }
            return (.one(host.text), { $0.addInvite(invite) })
        case .inviteRevoked(let id):
            guard let host = session.host else { return nil }
            return (.one(host.text), { $0.add("jti", id.text) })
        case .peerJoined, .peerAway, .peerReturned, .connectionReplaced, .peerLeft, .kicked, .roleChanged:
            return self.messageOfPeer
        case .lockGranted, .lockReleased, .tunnelRequested, .tunnelAccepted, .tunnelClosed:
            return self.messageOfHolding
        }
    }

    /// Of what becomes of a peer.
    private var messageOfPeer: (Audience, Members)? {
        switch self {
        case .peerJoined(let peer):
            return (
                .everyone,
                {
                    $0.add("peer_id", peer.id.text)
                    $0.addRole(peer.role, peer.capabilities)
                    $0.add("joined_at", peer.joinedAt.unixSeconds)
                    $0.add("key", peer.key?.text)
                    $0.addJSON("profile", peer.profile)
                }
            )
        case .peerAway(let peer), .peerReturned(let peer):
            return (.everyone, { $0.add("peer_id", peer.text) })
        case .connectionReplaced(let peer, let connection):
            return (.one(peer.text), { $0.addConnection(connection, of: peer) })
        case .peerLeft(let peer, let reason):
            return (
                .everyone,
                {
                    $0.add("peer_id", peer.text)
                    $0.add("reason", reason.rawValue)
                }
            )
        case .kicked(let peer, let connection, let actor, let reason):
            return (
                .one(peer.text),
                {
                    $0.addConnection(connection, of: peer)
                    $0.add("by_peer_id", actor.peer?.text)
                    $0.add("reason", reason)
                }
            )
        case .roleChanged(let peer, let old, let new, let capabilities):
            return (
                .everyone,
                {
                    $0.add("peer_id", peer.text)
                    $0.addRole(new, capabilities)
                    $0.add("previous_role", old.name)
                }
            )
        default:
            return nil
        }
    }

    /// Of locks, for all; of tunnels, for the peer that has to know.
    private var messageOfHolding: (Audience, Members)? {
        switch self {
        case .lockGranted(let lock):
            return (
                .everyone,
                {
                    $0.addLock(lock)
                    $0.add("expires_at", lock.leaseUntil.unixSeconds)
                }
            )
        case .lockReleased(let lock, let reason):
            return (
                .everyone,
                {
                    $0.addLock(lock)
                    $0.add("reason", reason.rawValue)
                }
            )
        case .tunnelRequested(let tunnel):
            return (.one(tunnel.target.text), { $0.addTunnel(tunnel) })
        case .tunnelAccepted(let tunnel):
            return (.one(tunnel.opener.text), { $0.addTunnel(tunnel) })
        case .tunnelClosed(let tunnel, let reason):
            return (
                .everyone,
                {
                    $0.addTunnel(tunnel)
                    $0.add("reason", reason.rawValue)
                }
            )
        default:
            return nil
        }
    }
}

extension Timestamp {
    /// As the wire has moments of sessions.
    public var unixSeconds: Int64 { self.microseconds / 1_000_000 }
}

extension Session.State {
    /// As in messages and answers.
    public var name: String {
        switch self {
        case .created: "created"
        case .active: "active"
        case .hostAway: "host_away"
        case .closing: "closing"
        case .closed: "closed"
        case .expired: "expired"
        }
    }

    /// Why the session closes or has closed; nil in all other states.
    public var closeReason: CloseReason? {
        switch self {
        case .closing(_, let reason), .closed(_, let reason): reason
        case .created, .active, .hostAway, .expired: nil
        }
    }
}

extension PayloadObject {
    fileprivate mutating func addStates(_ old: Session.State, _ new: Session.State) {
        self.add("state", new.name)
        self.add("previous_state", old.name)
        self.add("reason", new.closeReason?.name)
        if case .closing(let at, _) = new { self.add("closes_at", at.unixSeconds) }
    }

    fileprivate mutating func addInvite(_ invite: SessionInvite) {
        self.add("jti", invite.id.text)
        self.addRole(invite.role, invite.capabilities)
        self.add("uses", Int64(invite.usesLeft))
        self.add("expires_at", invite.expiresAt.unixSeconds)
    }

    fileprivate mutating func addRole(_ role: SessionRole, _ capabilities: SessionCapabilities) {
        self.add("role", role.name)
        self.add("capabilities", capabilities.names)
    }

    /// A connection's number is one that JSON's readers may not keep: it goes as text.
    fileprivate mutating func addConnection(_ connection: ConnectionID, of peer: PeerID) {
        self.add("peer_id", peer.text)
        self.add("connection", String(connection.rawValue))
    }

    fileprivate mutating func addLock(_ lock: SessionLock) {
        self.add("element_id", lock.element.text)
        self.add("peer_id", lock.holder.text)
        self.add("fence", Int64(clamping: lock.fence))
    }

    fileprivate mutating func addTunnel(_ tunnel: SessionTunnel) {
        self.add("tunnel_id", tunnel.id.text)
        self.add("from_peer_id", tunnel.opener.text)
        self.add("to_peer_id", tunnel.target.text)
    }
}
