import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// Tunnels: a peer binds one to another peer that has a connection here, or at another relay. It is a tunnel of the session's, which the relay asks
/// for in the name of the one and takes in the name of the other: so the session's rules hold, and its members are told as of any.
extension QUICAllocation {
    /// Why a tunnel is bound no more, as clients are told.
    enum Unbinding: String, Sendable {
        /// This client wanted it so.
        case unbound
        /// The other client did.
        case byPeer = "unbound_by_peer"
        /// The other peer's connection is gone.
        case peerGone = "peer_gone"
        /// Somebody has closed it in the session.
        case closed
    }

    func bind(to name: String, _ number: UInt64, kind: String, re: UInt64?) {
        guard let member = self.member, let principal = member.principal else {
            return self.fail(AllocationRefusal.unauthenticated, tunnel: number, re: re)
        }
        guard let target = PeerID(name), target != member.peer else {
            return self.fail(.refused(.peerUnknown), tunnel: number, re: re)
        }
        do throws(AllocationRefusal) {
            try self.machine.reserve(number)
        } catch {
            return self.fail(error, tunnel: number, re: re)
        }
        let offer = Offer(session: member.session, opener: member.peer, number: number, kind: kind, re: re)
        guard let entry = self.services.hub.find(target, of: member.session) else {
            return self.bindAway(to: target, offer, principal)
        }
        let sessions = self.services.sessions
        self.finish {
            do throws(SessionFailure) {
                return .success(try await Self.agree(offer, target, principal, entry.principal, sessions))
            } catch {
                return .failure(error)
            }
        } then: { (result: Result<TunnelID, SessionFailure>) in
            switch result {
            case .success(let id): self.agreed(id, offer, with: entry, target, principal)
            case .failure(let failure):
                self.machine.release(number)
                self.fail(failure, tunnel: number, re: re)
            }
        }
    }

    /// A tunnel that a client wants.
    struct Offer: Sendable {
        let session: SessionID
        let opener: PeerID
        let number: UInt64
        let kind: String
        let re: UInt64?
    }

    private static func agree(
        _ offer: Offer,
        _ target: PeerID,
        _ opener: Principal,
        _ accepting: Principal,
        _ sessions: SessionService
    ) async throws(SessionFailure) -> TunnelID {
        let tunnel = try await sessions.requestTunnel(offer.session, to: target, as: opener)
        do throws(SessionFailure) {
            return try await sessions.acceptTunnel(tunnel.id, of: offer.session, as: accepting).id
        } catch {
            try? await sessions.closeTunnel(tunnel.id, of: offer.session, as: opener)
            throw error
        }
    }

    private func agreed(
        _ id: TunnelID,
        _ offer: Offer,
        with entry: AllocationHub.Entry,
        _ target: PeerID,
        _ principal: Principal
    ) {
        guard self.connection != nil else { return self.services.close(id, in: offer.session, as: principal) }
        let tunnel = RelayedTunnel(id, kind: offer.kind)
        let own = self.reference
        entry.connection.tell { other in
            let number = other.take(tunnel, offer, from: .here(own, number: offer.number))
            let (reference, refusal) = (other.reference, number.failure)
            own.tell {
                if let number = number.value {
                    $0.bound(tunnel, offer, to: target, at: .here(reference, number: number), principal)
                } else if let refusal {
                    $0.declined(tunnel, offer, "peer_\(refusal.rawValue)", refusal.text, principal)
                }
            }
        }
    }

    /// Another peer has bound a tunnel to this one.
    ///
    /// - Returns: the number that it has here.
    func take(_ tunnel: RelayedTunnel, _ offer: Offer, from opener: TunnelPeer) -> Result<UInt64, AllocationRefusal> {
        guard let member = self.member else { return .failure(.goingAway) }
        let number: UInt64
        do throws(AllocationRefusal) {
            number = try self.machine.reserveAny(offer.number)
        } catch {
            return .failure(error)
        }
        let place = TunnelPlace(
            tunnel: tunnel,
            side: .target,
            peer: offer.opener,
            other: opener,
            use: self.services.paths.use(.quicRelay, from: member.peer, to: offer.opener, in: offer.session),
            bandwidth: opener.isHere ? member.bandwidth : nil
        )
        _ = self.machine.bind(number, to: place)
        self.tell(place, number, re: nil)
        return .success(number)
    }

    func bound(
        _ tunnel: RelayedTunnel,
        _ offer: Offer,
        to target: PeerID,
        at other: TunnelPeer,
        _ principal: Principal
    ) {
        let place = TunnelPlace(
            tunnel: tunnel,
            side: .opener,
            peer: target,
            other: other,
            use: self.services.paths.use(.quicRelay, from: offer.opener, to: target, in: offer.session),
            bandwidth: self.member?.bandwidth
        )
        guard self.machine.bind(offer.number, to: place) else {
            other.unbind(tunnel, because: .peerGone)
            return self.services.close(tunnel.id, in: offer.session, as: principal)
        }
        place.use?.opened()
        self.services.metrics.bound()
        self.tell(place, offer.number, re: offer.re)
    }

    func declined(_ tunnel: RelayedTunnel, _ offer: Offer, _ code: String, _ why: String, _ principal: Principal) {
        self.machine.release(offer.number)
        self.services.close(tunnel.id, in: offer.session, as: principal)
        self.fail(code, "The other peer can't have it: \(why)", tunnel: offer.number, re: offer.re)
    }

    private func tell(_ place: TunnelPlace, _ number: UInt64, re: UInt64?) {
        let binding = QUICRelayAnswer.Binding(
            tunnel: number,
            peer: place.peer.text,
            kind: place.tunnel.kind,
            id: place.tunnel.id.text
        )
        self.send(.bound(binding), re: re)
    }

    // MARK: The end of one

    /// The client wants it no more.
    func unbind(_ number: UInt64, re: UInt64?) {
        guard let member = self.member else {
            return self.fail(AllocationRefusal.unauthenticated, tunnel: number, re: re)
        }
        guard let place = self.end(number) else { return self.fail(.tunnelUnknown, tunnel: number, re: re) }
        self.send(.unbound(tunnel: number, reason: Unbinding.unbound.rawValue), re: re)
        place.other.unbind(place.tunnel, because: .byPeer)
        if let principal = member.principal {
            self.services.close(place.tunnel.id, in: member.session, as: principal)
        }
    }

    /// The other connection says so.
    func unbind(_ number: UInt64, _ tunnel: RelayedTunnel, because reason: Unbinding) {
        // It may be another's by now.
        guard self.machine.tunnel(number)?.tunnel === tunnel, self.end(number) != nil else { return }
        self.send(.unbound(tunnel: number, reason: reason.rawValue))
    }

    /// The other relay is lost. It may not be able to say so to the session.
    func lost(_ number: UInt64, _ tunnel: RelayedTunnel) {
        self.unbind(number, tunnel, because: .peerGone)
        guard let member = self.member, let principal = member.principal else { return }
        self.services.close(tunnel.id, in: member.session, as: principal)
    }

    /// The session says so.
    func tunnelClosed(_ id: String) {
        for (number, place, _) in self.machine.bound where place.tunnel.id.text == id {
            self.unbind(number, place.tunnel, because: .closed)
            place.other.unbind(place.tunnel, because: .closed)
        }
    }

    /// - Returns: nil where there is none.
    private func end(_ number: UInt64) -> TunnelPlace? {
        guard let (place, streams) = self.machine.unbind(number) else { return nil }
        for stream in streams { self.streams.removeValue(forKey: stream)?.end(.unbound) }
        self.giveUpAwaited(of: number)
        self.forget(place)
        return place
    }

    private func forget(_ place: TunnelPlace) {
        guard place.counts else { return }
        place.use?.closed()
        self.services.metrics.unbound()
    }

    /// The connection is over, and so are all of its tunnels.
    func leaveTunnels() {
        let principal = self.member?.principal
        for (_, place) in self.machine.close() {
            self.forget(place)
            place.other.unbind(place.tunnel, because: .peerGone)
            guard let principal, let session = self.member?.session else { continue }
            self.services.close(place.tunnel.id, in: session, as: principal)
        }
    }
}

extension Result {
    fileprivate var value: Success? { try? self.get() }

    fileprivate var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
