import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// How a client says who it is: by a peer's ticket, and a proof of the key that the ticket names; or by an account's token, with the session and
/// the peer there.
extension QUICAllocation {
    /// A number for the client's key to sign.
    func challenge(_ text: String, re: UInt64?) {
        guard case .stranger = self.machine.phase else { return self.fail(.alreadyAuthenticated, re: re) }
        guard let session = SessionID(text) else { return self.fail(.refused(.sessionUnknown), re: re) }
        let sessions = self.services.sessions
        self.suspend {
            do throws(SessionFailure) {
                return .success(try await sessions.challenge(session))
            } catch {
                return .failure(error)
            }
        } then: { (result: Result<ProofChallenge, SessionFailure>) in
            switch result {
            case .success(let challenge):
                let expires = challenge.expiresAt.microseconds / 1_000
                self.send(.challenge(nonce: challenge.text, expiresMilliseconds: expires), re: re)
            case .failure(let failure): self.fail(failure, re: re)
            }
        }
    }

    func authenticate(_ auth: QUICRelayRequest.Auth, re: UInt64?) {
        do throws(AllocationRefusal) {
            try self.machine.beginAuthentication()
        } catch {
            return self.fail(error, re: re)
        }
        do throws(AccessError) {
            try self.services.joins.admit(self.address, at: self.services.clock.uptime())
        } catch {
            return self.refuse(error, re)
        }
        self.services.access.findSession(auth.ticket, for: self) { result in
            do throws(AccessError) {
                try self.found(try result.get(), auth, re)
            } catch {
                self.refuse(error, re)
            }
        }
    }

    private func refuse(_ error: AccessError, _ re: UInt64?) {
        self.refuse(SessionErrorCode(error), error.detail, re)
    }

    /// It may try again, in the time that is left.
    private func refuse(_ code: SessionErrorCode, _ text: String, _ re: UInt64?) {
        self.machine.refuseAuthentication()
        if code.status < 429 { self.services.joins.failed(self.address, at: self.services.clock.uptime()) }
        self.fail(code.rawValue, text, re: re)
    }

    /// Which peer of which session a client wants to be.
    private struct Claim: Sendable {
        let session: SessionID
        let named: String?
        let principal: Principal
        /// What to prove, where the ticket names a key.
        let proof: (ticket: String, nonce: String, answer: KeyProof)?
    }

    private func found(
        _ session: RelayAccess.Session,
        _ auth: QUICRelayRequest.Auth,
        _ re: UInt64?
    ) throws(AccessError) {
        guard session.scope == nil else { throw AccessError(.limitedToken) }
        let principal = try session.principal(at: self.services.clock.now(), requiring: .read).acting(as: auth.peer)
        let held = (principal.peer?.ticket?.root).flatMap { SessionTopicName(path: $0.rawValue)?.session }
        guard let id = held ?? auth.session.flatMap({ SessionID($0) }) else {
            return self.refuse(.missingParameter, "session_id has to name the session", re)
        }
        if let named = auth.session, let held, SessionID(named) != held {
            return self.refuse(.sessionMismatch, SessionRefusal.sessionMismatch.text, re)
        }
        let proof = try Self.proof(of: session, auth, isTicket: held != nil)
        let claim = Claim(session: id, named: held == nil ? auth.peer : nil, principal: principal, proof: proof)
        let sessions = self.services.sessions
        self.suspend {
            do throws(SessionFailure) {
                return .success(try await Self.peer(claim, sessions))
            } catch {
                return .failure(error)
            }
        } then: { (result: Result<PeerID, SessionFailure>) in
            switch result {
            case .success(let peer): self.follow(session, as: peer, claim, re)
            case .failure(let failure): self.refuse(failure.code, failure.text, re)
            }
        }
    }

    /// - Returns: nil where the token names no key.
    private static func proof(
        of session: RelayAccess.Session,
        _ auth: QUICRelayRequest.Auth,
        isTicket: Bool
    ) throws(AccessError) -> (ticket: String, nonce: String, answer: KeyProof)? {
        guard session.key != nil else { return nil }
        guard isTicket, let proof = auth.proof else { throw AccessError(.proofRequired) }
        guard let answer = KeyProof(key: proof.key, signature: proof.signature) else {
            throw AccessError(.proofInvalid)
        }
        return (auth.ticket, proof.nonce, answer)
    }

    private static func peer(_ claim: Claim, _ sessions: SessionService) async throws(SessionFailure) -> PeerID {
        if let (ticket, nonce, answer) = claim.proof { try await sessions.prove(ticket, by: answer, to: nonce) }
        return try await sessions.tunnels(of: claim.session, as: claim.principal).peer
    }

    /// The connection follows its session from before it is let in: so it misses no end of it.
    private func follow(_ session: RelayAccess.Session, as peer: PeerID, _ claim: Claim, _ re: UInt64?) {
        guard let place = self.services.places.enter(session.account.id) else {
            return self.refuse(.quotaExceeded, "Too many connections", re)
        }
        let (services, loop) = (self.services, self.loop)
        let renewal = TicketRenewal(of: claim.session, services.sessions, services.access, services.lane, on: loop)
        let watch = PeerWatch(session, loop, renewal: renewal, place: place)
        let root = TopicKey(name: SessionTopicName(claim.session).topicName)
        services.joiner.join([root], for: self, sink: watch, as: claim.principal.peer?.id) { _, _ in
            .tail
        } then: { joined in
            switch consume joined {
            case .failure(let refusal): self.refuse(.unavailable, refusal.clientText, re)
            case .success(let joined):
                watch.start(joined)
                let member = QUICMember(
                    session: claim.session,
                    peer: peer,
                    named: claim.named,
                    watch: watch,
                    bandwidth: services.bandwidth(of: claim.session)
                )
                self.place(member, claim.principal, re)
            }
        }
    }

    /// Other relays have to find the peer, where they can reach this one.
    private func place(_ member: QUICMember, _ principal: Principal, _ re: UInt64?) {
        let (sessions, session) = (self.services.sessions, member.session)
        guard let own = self.services.nodes.ownURL else { return self.enter(member, principal, re) }
        self.finish {
            do throws(SessionFailure) {
                return .success(try await sessions.placePeer(of: session, at: own, as: principal))
            } catch {
                return .failure(error)
            }
        } then: { (before: Result<NodeURL?, SessionFailure>) in
            switch before {
            case .failure(let failure):
                member.watch.stop()
                self.refuse(failure.code, failure.text, re)
            case .success(let before):
                self.enter(member, principal, re)
                guard self.member != nil, let before else { return }
                self.services.tellMove(of: member.peer, in: session, from: before, on: self.loop)
            }
        }
    }

    private func enter(_ member: QUICMember, _ principal: Principal, _ re: UInt64?) {
        guard self.machine.authenticated() else { return member.watch.stop() }
        self.admitted(member)
        self.services.metrics.entered()
        let entry = AllocationHub.Entry(connection: self.reference, principal: principal)
        let old = self.services.hub.enter(entry, as: member.peer, of: member.session)
        old?.connection.tell { $0.close(.replaced, "Replaced by a newer connection") }
        self.send(.authOK(self.admission(member)), re: re)
        member.watch.tunnelClosed = { [weak self] id in self?.tunnelClosed(id) }
        member.watch.opened { [weak self] ending, text in
            self?.close(ending == .failed ? .failed : .accessLost, text)
        }
    }

    private func admission(_ member: QUICMember) -> QUICRelayAnswer.Welcome {
        let limits = self.services.limits
        return QUICRelayAnswer.Welcome(
            allocation: self.id,
            session: member.session.text,
            peer: member.peer.text,
            limits: [
                .init("tunnels", Int64(limits.allocation.tunnels)),
                .init("streams", Int64(limits.allocation.streams)),
                .init("message", Int64(QUICRelayFraming.maximumMessage)),
                .init("stream_window", Int64(limits.streamWindow)),
                .init("connection_window", Int64(limits.connectionWindow)),
                .init("bandwidth", Int64(limits.bytesPerSecond)),
                .init("idle_ms", limits.idle.nanoseconds / 1_000_000),
                .init("keep_alive_ms", limits.keepAlive.nanoseconds / 1_000_000),
            ],
            serverTimeMilliseconds: Int64(self.services.clock.now().milliseconds)
        )
    }
}
