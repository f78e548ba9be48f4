import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// Editing sessions: made, joined, changed and ended.
///
/// What is refused is told with the two fields of ``SessionReply``, unlike on the other routes. A token is an account's, or a peer's ticket. An
/// account says by `client_id` as which of its peers it acts.
enum SessionRoutes {
    static func add(to routes: inout RESTRoutes, _ services: SessionEdgeServices) {
        func on(
            _ method: HTTPRequest.Method,
            _ path: String,
            as operation: String,
            _ answer: @escaping @Sendable (SessionCall) async throws -> Reply
        ) {
            routes.on(method, path, asking: .open(maxBodyBytes: services.maxBodyBytes)) { call in
                let uptime = call.services.broker.clock.uptime
                let start = uptime()
                let reply = await SessionReply.of(call) { try await answer(SessionCall(call, services)) }
                services.latency.took(uptime() - start, operation)
                return reply
            }
        }
        on(.post, "/v1/sessions", as: "create", Self.create)
        on(.get, "/v1/sessions", as: "list", Self.list)
        on(.get, "/v1/sessions/{session_id}", as: "get") { call in
            let session = try await call.service.session(try call.id, as: try await call.member())
            return Reply(.ok, SessionTree.session(session, at: call.now))
        }
        on(.post, "/v1/sessions/{session_id}/challenge", as: "challenge") { call in
            let challenge = try await call.service.challenge(try call.id)
            return Reply(
                .ok,
                .object([
                    ("nonce", .text(challenge.text)), ("expires_at", .number(challenge.expiresAt.unixSeconds)),
                ])
            )
        }
        on(.post, "/v1/sessions/{session_id}/join", as: "join", Self.join)
        on(.post, "/v1/sessions/{session_id}/heartbeat", as: "heartbeat", Self.heartbeat)
        on(.post, "/v1/sessions/{session_id}/leave", as: "leave") { call in
            _ = try await call.service.leave(try call.id, as: try await call.member())
            return .noContent
        }
        on(.post, "/v1/sessions/{session_id}/close", as: "close") { call in
            _ = try await call.service.close(try call.id, as: try await call.member())
            return .noContent
        }
        on(.post, "/v1/sessions/{session_id}/kick", as: "kick", Self.kick)
        on(.post, "/v1/sessions/{session_id}/invites", as: "invite", Self.invite)
        on(.delete, "/v1/sessions/{session_id}/invites/{jti}", as: "revoke_invite", Self.revokeInvite)
        on(.post, "/v1/sessions/{session_id}/participants/{peer_id}/role", as: "set_role", Self.setRole)
        on(.get, "/v1/sessions/{session_id}/locks", as: "list_locks", LockRoutes.list)
        on(.put, "/v1/sessions/{session_id}/locks/{element_id}", as: "lock", LockRoutes.put)
        on(.delete, "/v1/sessions/{session_id}/locks/{element_id}", as: "release_lock", LockRoutes.release)
        on(.get, "/v1/sessions/{session_id}/tunnels", as: "list_tunnels", TunnelRoutes.list)
        on(.post, "/v1/sessions/{session_id}/tunnels", as: "request_tunnel", TunnelRoutes.request)
        on(.post, "/v1/sessions/{session_id}/tunnels/{tunnel_id}/accept", as: "accept_tunnel", TunnelRoutes.accept)
        on(.delete, "/v1/sessions/{session_id}/tunnels/{tunnel_id}", as: "close_tunnel", TunnelRoutes.close)
        on(.get, "/v1/sessions/{session_id}/paths", as: "paths", PathRoutes.list)
        on(.get, "/.well-known/jwks.json", as: "keys") { call in
            Reply(
                .ok,
                headers: ["content-type": "application/jwk-set+json", "cache-control": "public, max-age=300"],
                body: ByteBuffer(string: try await call.service.keys.current().document)
            )
        }
    }

    // MARK: Sessions

    @Sendable private static func create(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.account()
        let names = ["host_id", "metadata", "host_policy", "default_invite_role"]
        let creation = try await call.fields(names) { fields -> SessionCreation? in
            let policy = fields.choice("host_policy", of: SessionHostPolicy.allCases.map(\.name))
            let role = fields.choice("default_invite_role", of: ["editor", "observer"])
            let metadata = fields.json("metadata", of: .object)
            guard let host = fields.required("host_id", PeerID.init) else { return nil }
            var creation = SessionCreation(host: host)
            if let policy = policy.flatMap(SessionHostPolicy.init(name:)) { creation.hostPolicy = policy }
            if let role = role.flatMap(SessionRole.init(name:)) { creation.defaultRole = role }
            if let metadata { creation.metadata = Array(metadata.readableBytesView) }
            return creation
        }
        let key = try IdempotencyKeyText.key(inHeader: call.idempotencyHeaders)
        if principal == nil { try await call.services.anonymous.admit(call.address, at: call.uptime) }
        let created = try await call.service.create(creation, as: principal, from: call.address, once: key)
        let servers = call.services.iceServers
        let list = servers.tree(for: principal?.id.rawValue, until: servers.end(of: call.now))
        var reply = Reply(
            .ok,
            SessionTree.created(created, iceServers: list, relay: call.relay, socketURL: call.socketURL)
        )
        reply.headers.add(name: "location", value: "/v1/sessions/\(created.session.id)")
        return reply
    }

    /// Those that the caller made, by id.
    @Sendable private static func list(_ call: SessionCall) async throws -> Reply {
        guard let account = try await call.account() else { throw SessionFailure.unauthenticated }
        let query = try PageQuery(call.query)
        let after = try query.cursor.map { cursor throws(RequestError) in
            guard let id = SessionID(cursor) else { throw PageQuery.badCursor }
            return id
        }
        let sessions = try await call.service.sessions(of: account.id, after: after, limit: query.limit)
        var page = ListPage(limit: query.limit)
        var last: SessionID?
        for session in sessions where page.room > 0 {
            page.add(SessionTree.summary(session))
            last = session.id
        }
        let isLast = sessions.count < query.limit && last == sessions.last?.id
        return page.reply(next: isLast ? nil : last?.text)
    }

    // MARK: Peers

    @Sendable private static func join(_ call: SessionCall) async throws -> Reply {
        let id = try call.id
        try call.services.joins.admit(call.address, at: call.uptime)
        let principal = try await call.account()
        let names = ["join_token", "peer_id", "profile", "resume", "key", "nonce", "signature"]
        var join = try await call.fields(names, SessionJoin.init(fields:))
        join.address = call.address
        join.once = try IdempotencyKeyText.key(inHeader: call.idempotencyHeaders)
        do throws(SessionFailure) {
            let joined = try await call.service.join(id, join, as: principal)
            return Reply(
                .ok,
                SessionTree.joined(joined, relay: call.relay, socketURL: call.socketURL, at: call.now)
            )
        } catch {
            if error.code.status < 429 { call.services.joins.failed(call.address, at: call.uptime) }
            throw error
        }
    }

    @Sendable private static func heartbeat(_ call: SessionCall) async throws -> Reply {
        let (session, ticket) = try await call.service.heartbeat(try call.id, as: try await call.member())
        return Reply(
            .ok,
            .object([
                ("session_id", .text(session.id.text)),
                ("state", .text(session.state.name)),
                ("expires_at", .number(session.expiresAt.unixSeconds)),
                ("ticket", .text(ticket.text)),
                ("ticket_expires_at", .number(ticket.claims.expiresAt)),
                ("server_time_ms", .number(Int64(call.now.milliseconds))),
            ])
        )
    }

    @Sendable private static func kick(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        let (target, reason) = try await call.fields(["target_peer_id", "reason"]) { fields in
            let reason = fields.text("reason") ?? ""
            return fields.required("target_peer_id", PeerID.init).map { ($0, reason) }
        }
        _ = try await call.service.kick(target, from: try call.id, reason: reason, as: principal)
        return .noContent
    }

    @Sendable private static func setRole(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        guard let peer = PeerID(call.pathText("peer_id")) else { throw SessionFailure.refused(.peerUnknown) }
        let (role, capabilities) = try await call.fields(["role", "capabilities"]) { fields in
            let capabilities = fields.texts("capabilities").map(SessionCapabilities.init(names:))
            return fields.requiredRole("role").map { ($0, capabilities) }
        }
        let session = try await call.service.setRole(
            of: peer,
            in: try call.id,
            to: role,
            capabilities: capabilities,
            as: principal
        )
        guard let changed = session.peer(peer) else { throw SessionFailure.refused(.peerUnknown) }
        return Reply(.ok, SessionTree.peer(changed, in: session, at: call.now))
    }

    // MARK: Invites

    @Sendable private static func invite(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        let names = ["role", "capabilities", "uses", "expires_in"]
        let wanted = try await call.fields(names) { fields in
            let capabilities = fields.texts("capabilities").map(SessionCapabilities.init(names:))
            let uses = fields.integer("uses", in: 1...TicketClaims.maximumUses) ?? 1
            let seconds = fields.integer("expires_in", in: 1...Self.longestInvite)
            return (role: fields.role("role"), capabilities: capabilities, uses: uses, seconds: seconds)
        }
        let minted = try await call.service.invite(
            to: try call.id,
            as: wanted.role ?? .editor,
            only: wanted.capabilities,
            uses: UInt32(wanted.uses),
            seconds: wanted.seconds.map(Int64.init),
            by: principal
        )
        return Reply(.created, SessionTree.invite(minted))
    }

    /// In seconds; the relay's settings may allow less.
    private static let longestInvite = 30 * 86_400

    @Sendable private static func revokeInvite(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        guard let jti = TicketID(call.pathText("jti")) else { throw SessionFailure.refused(.inviteUnknown) }
        _ = try await call.service.revokeInvite(jti, of: try call.id, as: principal)
        return .noContent
    }
}

extension RequestFields {
    fileprivate mutating func role(_ name: String) -> SessionRole? {
        self.choice(name, of: SessionRole.allCases.map(\.name)).flatMap(SessionRole.init(name:))
    }

    fileprivate mutating func requiredRole(_ name: String) -> SessionRole? {
        self.required(name, SessionRole.init(name:))
    }
}

extension SessionJoin {
    /// A key is shown with the nonce and its signature, all three or none.
    fileprivate init?(fields: inout RequestFields) {
        let profile = fields.json("profile", of: .object)
        let resume = fields.text("resume")
        let proof = (fields.text("key"), fields.text("nonce"), fields.text("signature"))
        let token = fields.requiredText("join_token")
        guard let peer = fields.required("peer_id", PeerID.init), let token else { return nil }
        self.init(
            token: token,
            peer: peer,
            profile: profile.map { Array($0.readableBytesView) } ?? [],
            resume: resume
        )
        guard proof != (nil, nil, nil) else { return }
        guard let key = proof.0, let nonce = proof.1, let signature = proof.2,
            let answer = KeyProof(key: key, signature: signature)
        else { return nil }
        self.proof = (nonce, answer)
    }
}
