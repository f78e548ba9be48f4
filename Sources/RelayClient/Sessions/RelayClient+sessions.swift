/// Sessions, as an account or with a ticket: who is refused gets ``RelayError`` with the status of the relay's answer.
extension RelayClient {
    static let sessionsPath = ["v1", "sessions"]

    /// Makes a session, owned by the caller, who has an account. Nobody is in it before its host has joined.
    ///
    /// - Parameters:
    ///   - hostID: the peer id that the host will have, 1 to 255 bytes.
    ///   - hostPolicy: what happens when the host is gone: `close`, `wait` or `migrate`; nil for the relay's default.
    ///   - guestRole: what later users of the join token are: `editor` or `observer`; nil for the relay's default.
    ///   - metadata: an object, shown to all; nil for none.
    public func createSession(
        hostID: String,
        hostPolicy: String? = nil,
        guestRole: String? = nil,
        metadata: JSONDocument? = nil
    ) async throws -> SessionCreated {
        var object = JSONObject([("host_id", .string(hostID))])
        if let hostPolicy { object.append("host_policy", .string(hostPolicy)) }
        if let guestRole { object.append("default_invite_role", .string(guestRole)) }
        if let metadata { object.append("metadata", metadata) }
        var call = HTTPCall(.post, Self.sessionsPath)
        call.body = .json(.object(object))
        call.headers = [("Idempotency-Key", IdempotencyKeys.make())]
        return try await self.reply(to: call).decoded(SessionCreated.init(json:))
    }

    /// A session as its members see it: the relay's answer as it is.
    public func session(_ id: String) async throws -> JSONDocument {
        try await self.reply(to: HTTPCall(.get, Self.sessionsPath + [id])).decoded { json in json }
    }

    /// The sessions that the caller made: each as the relay tells it.
    public func sessions() async throws -> [JSONDocument] {
        try await self.list(Self.sessionsPath) { json in json }
    }

    /// Joins a session.
    ///
    /// - Parameters:
    ///   - token: an invite, a join token, or the peer's own ticket.
    ///   - peerID: who the caller is to be there.
    ///   - profile: an object, shown to all; nil for none.
    ///   - resume: from an earlier join, to have the same place back.
    ///   - asGuest: whether to come without an account. Nothing of this client's credentials is sent then.
    public func join(
        by token: String,
        as peerID: String,
        profile: JSONDocument? = nil,
        resume: String? = nil,
        asGuest: Bool = false
    ) async throws -> SessionPlace {
        let id = try SessionTicket(token).sessionID
        var object = JSONObject([("peer_id", .string(peerID)), ("join_token", .string(token))])
        if let profile { object.append("profile", profile) }
        if let resume { object.append("resume", .string(resume)) }
        var call = HTTPCall(.post, Self.sessionsPath + [id, "join"])
        call.body = .json(.object(object))
        // An invite may be good for one, and a resume text is: sent again, it is the same join.
        call.headers = [("Idempotency-Key", IdempotencyKeys.make())]
        let reply = try await self.pipeline.reply(to: call, keeper: asGuest ? nil : self.keeper)
        return try reply.decoded(SessionPlace.init(json:))
    }

    /// Makes an invite. Needs `invite`.
    ///
    /// - Parameters:
    ///   - id: the session.
    ///   - role: `editor` or `observer`.
    ///   - uses: how many may join by it, 1 to 10,000.
    ///   - seconds: how long it is good; nil for the relay's 900.
    ///   - peerID: as which peer the caller asks; nil for a ticket, or whoever made the session.
    public func invite(
        to id: String,
        as role: String = "editor",
        uses: Int = 1,
        seconds: Int? = nil,
        by peerID: String? = nil
    ) async throws -> SessionInvite {
        var object = JSONObject([("role", .string(role)), ("uses", .number(JSONNumber(uses)))])
        if let seconds { object.append("expires_in", .number(JSONNumber(seconds))) }
        var call = HTTPCall(.post, Self.sessionsPath + [id, "invites"])
        call.query = peerID.map { [("client_id", $0)] } ?? []
        call.body = .json(.object(object))
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(SessionInvite.init(json:))
    }

    /// Leaves a session, as the peer that this client's ticket is for.
    public func leave(_ id: String) async throws {
        var call = HTTPCall(.post, Self.sessionsPath + [id, "leave"])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    /// Ends a session. Needs `close_session`.
    public func closeSession(_ id: String) async throws {
        var call = HTTPCall(.post, Self.sessionsPath + [id, "close"])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }
}

/// Tunnels between two peers, by the ticket of one.
extension RelayClient {
    /// Asks a peer for a tunnel. It is there once the other has accepted.
    public func requestTunnel(to peerID: String, in id: String) async throws -> TunnelDetails {
        var call = HTTPCall(.post, Self.sessionsPath + [id, "tunnels"])
        call.body = .json(["to_peer_id": .string(peerID)])
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(TunnelDetails.init(json:))
    }

    /// Accepts a tunnel that this client's peer was asked for.
    public func acceptTunnel(_ tunnelID: String, in id: String) async throws {
        let call = HTTPCall(.post, Self.sessionsPath + [id, "tunnels", tunnelID, "accept"])
        do {
            _ = try await self.reply(to: call)
        } catch let error as RelayError where error.status == 409 {
            // A first attempt whose answer was lost.
        }
    }

    /// Closes a tunnel, or rejects it. One that is gone is no error.
    public func closeTunnel(_ tunnelID: String, in id: String) async throws {
        do {
            _ = try await self.reply(to: HTTPCall(.delete, Self.sessionsPath + [id, "tunnels", tunnelID]))
        } catch let error as RelayError where error.status == 404 {
            return
        }
    }
}
