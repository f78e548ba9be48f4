import NIOCore
import RelayCore
import RelaySessions
import RelayWire

/// Sessions as the routes show them. No token and no key material but public keys' thumbprints.
enum SessionTree {
    static func created(
        _ created: CreatedSession,
        iceServers: JSONTree,
        relay: JSONTree,
        socketURL: String?
    ) -> JSONTree {
        .object([
            ("session_id", .text(created.session.id.text)),
            ("join_token", .text(created.joinToken)),
            ("host_token", .text(created.hostToken)),
            ("host_id", .text(created.session.declaredHost.text)),
            ("state", .text(created.session.state.name)),
            ("expires_at", .number(created.session.expiresAt.unixSeconds)),
            ("ice_servers", iceServers),
            ("relay", relay),
            ("ws_url", .text(socketURL)),
        ])
    }

    static func summary(_ session: Session) -> JSONTree {
        .object([
            ("session_id", .text(session.id.text)),
            ("state", .text(session.state.name)),
            ("participant_count", .number(Int64(session.peers.count))),
            ("created_at", .number(session.createdAt.unixSeconds)),
            ("expires_at", .number(session.expiresAt.unixSeconds)),
        ])
    }

    /// `host_id` is who is host now, or was to be.
    static func session(_ session: Session, at now: Timestamp) -> JSONTree {
        .object([
            ("id", .text(session.id.text)),
            ("host_id", .text((session.host ?? session.hostIdentity?.peer ?? session.declaredHost).text)),
            ("host_peer_id", .text(session.host?.text)),
            ("state", .text(session.state.name)),
            ("close_reason", .text(session.state.closeReason?.name)),
            ("host_policy", .text(session.hostPolicy.name)),
            ("default_invite_role", .text(session.defaultRole.name)),
            ("revision", .number(Int64(clamping: session.revision))),
            ("created_at", .number(session.createdAt.unixSeconds)),
            ("expires_at", .number(session.expiresAt.unixSeconds)),
            ("participants", .list(session.roster.map { Self.peer($0, in: session, at: now) })),
            ("metadata", .json(ByteBuffer(bytes: session.metadata))),
        ])
    }

    static func peer(_ peer: SessionPeer, in session: Session, at now: Timestamp) -> JSONTree {
        .object([
            ("peer_id", .text(peer.id.text)),
            ("role", .text(peer.role.name)),
            ("capabilities", .texts(peer.capabilities.names)),
            ("connected", .flag(peer.isConnected)),
            ("joined_at", .number(peer.joinedAt.unixSeconds)),
            ("last_seen", .number(session.lastSeen(peer, at: now).unixSeconds)),
            ("key", .text(peer.key?.text)),
            ("profile", peer.profile.isEmpty ? .null : .json(ByteBuffer(bytes: peer.profile))),
        ])
    }

    static func joined(_ joined: JoinedPeer, relay: JSONTree, socketURL: String?, at now: Timestamp) -> JSONTree {
        let session = joined.session
        return .object([
            ("session_id", .text(session.id.text)),
            ("peer_id", .text(joined.peer.id.text)),
            ("role", .text(joined.peer.role.name)),
            ("capabilities", .texts(joined.peer.capabilities.names)),
            ("participant_count", .number(Int64(session.peers.count))),
            ("host_peer_id", .text(session.host?.text)),
            ("roster", .list(session.roster.map { Self.peer($0, in: session, at: now) })),
            ("state", .text(session.state.name)),
            ("expires_at", .number(session.expiresAt.unixSeconds)),
            ("ticket", .text(joined.ticket.text)),
            ("ticket_expires_at", .number(joined.ticket.claims.expiresAt)),
            ("resume", .text(joined.resume)),
            ("server_time_ms", .number(Int64(now.milliseconds))),
            ("relay", relay),
            ("ws_url", .text(socketURL)),
        ])
    }

    static func invite(_ minted: MintedInvite) -> JSONTree {
        .object([
            ("jti", .text(minted.invite.id.text)),
            ("token", .text(minted.token)),
            ("role", .text(minted.invite.role.name)),
            ("capabilities", .texts(minted.invite.capabilities.names)),
            ("uses", .number(Int64(minted.invite.usesLeft))),
            ("expires_at", .number(minted.invite.expiresAt.unixSeconds)),
        ])
    }
}
