import NIOCore
import NIOHTTP1
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// Tunnels with peers whose connection is at another relay. The session says at which, for those that others can reach.
extension QUICAllocation {
    /// The way to another relay, and the tunnel that was asked for.
    fileprivate enum Reached: Sendable {
        case tunnel(TunnelID)
        /// The peer has no connection there, or anywhere.
        case nowhere
        /// There is no way to the relay.
        case unreachable
        case failed(SessionFailure)
    }

    /// Binds a tunnel to a peer that has no connection here.
    ///
    /// First the way to its relay is opened: who is not there is asked for nothing. Whether it is a peer at all only members of the session are told.
    func bindAway(to target: PeerID, _ offer: Offer, _ principal: Principal) {
        guard self.binds.spend(at: .now()) else {
            let code = SessionErrorCode.rateLimited.rawValue
            return self.giveUp(offer, code, "Too many tunnels to other relays in a short time")
        }
        let (services, eventLoop) = (self.services, self.loop.eventLoop)
        let link = TunnelLink(.opener, of: self.reference, services, on: eventLoop, bandwidth: self.member?.bandwidth)
        let opening = services.sockets.opening(on: self.loop) { link }
        self.finish {
            do throws(SessionFailure) {
                guard let node = try await services.node(of: target, in: offer.session, as: principal) else {
                    return .nowhere
                }
                let claim = NodePass.Claim.quic(to: target.text, from: offer.opener.text)
                let pass = NodePass(node: node.description, session: offer.session.text, claim: claim)
                if let refusal = await services.open(pass, at: node, on: eventLoop, opening) { return refusal }
                return .tunnel(try await services.sessions.requestTunnel(offer.session, to: target, as: principal).id)
            } catch {
                return .failed(error)
            }
        } then: { (reached: Reached) in
            switch reached {
            case .tunnel(let id):
                self.bind(RelayedTunnel(id, kind: offer.kind), to: target, over: link, offer, principal)
            case .nowhere:
                let text = "The other peer has no QUIC connection here, or at a relay with a node_url"
                self.giveUp(offer, "peer_not_here", text)
            case .unreachable:
                self.giveUp(offer, "peer_not_here", "The relay of the other peer's connection can't be reached")
            case .failed(let failure):
                link.close()
                self.giveUp(offer, failure.code.rawValue, failure.text)
            }
        }
    }

    private func giveUp(_ offer: Offer, _ code: String, _ text: String) {
        self.machine.release(offer.number)
        self.fail(code, text, tunnel: offer.number, re: offer.re)
    }

    private func bind(
        _ tunnel: RelayedTunnel,
        to target: PeerID,
        over link: TunnelLink,
        _ offer: Offer,
        _ principal: Principal
    ) {
        guard self.connection != nil else {
            link.close()
            return self.services.close(tunnel.id, in: offer.session, as: principal)
        }
        link.bind(tunnel, offer.number) { [weak self] answer in
            guard let self else { return link.close() }
            switch answer {
            case .bound: self.bound(tunnel, offer, to: target, at: .away(link.reference), principal)
            case .refused(let code): self.declined(tunnel, offer, code, "its relay says \(code)", principal)
            case .lost: self.declined(tunnel, offer, "peer_not_here", "its relay is lost", principal)
            }
        }
    }

    /// Another relay wants a tunnel for a peer of its own with the one whose connection this is.
    static func answer(_ message: TunnelLinkMessage, on link: TunnelLink, _ guest: LinkGuest) {
        switch message {
        case .bind(let id, let number, let kind) where guest.opener != guest.target:
            guard let id = TunnelID(id) else { return link.broken() }
            let offer = Offer(session: guest.session, opener: guest.opener, number: number, kind: kind, re: nil)
            self.accept(id, offer, on: link, guest)
        case .moved where guest.opener == guest.target: self.giveWay(on: link, guest)
        default: link.broken()
        }
    }

    private static func accept(_ id: TunnelID, _ offer: Offer, on link: TunnelLink, _ guest: LinkGuest) {
        let (services, principal) = (link.services, guest.entry.principal)
        link.suspend {
            do throws(SessionFailure) {
                let tunnel = try await services.sessions.acceptTunnel(id, of: offer.session, as: principal)
                return tunnel.opener == offer.opener ? nil : .refused(.tunnelUnknown)
            } catch {
                return error
            }
        } then: { (failure: SessionFailure?) in
            if let failure { return link.refuse(failure.code.rawValue) }
            let tunnel = RelayedTunnel(id, kind: offer.kind)
            let reference = link.reference
            guest.entry.connection.tell { allocation in
                let taken = allocation.take(tunnel, offer, from: .away(reference))
                let near = allocation.reference
                reference.tell { link in
                    switch taken {
                    case .failure(let refusal): link.refuse("peer_\(refusal.rawValue)")
                    case .success(let number):
                        if !link.accept(tunnel, number) { near.tell { $0.lost(number, tunnel) } }
                    }
                }
            }
        }
    }

    /// The peer has come to the relay that says so, unless it has come back here since.
    private static func giveWay(on link: TunnelLink, _ guest: LinkGuest) {
        let services = link.services
        link.suspend {
            let node = try? await services.sessions.node(of: guest.opener, in: guest.session, as: guest.entry.principal)
            return node != nil && node != services.nodes.ownURL
        } then: { (hasMoved: Bool) in
            link.close()
            guard hasMoved else { return }
            guest.entry.connection.tell { $0.close(.replaced, "Replaced by a newer connection") }
        }
    }
}

/// Whom a connection of another relay is for: a peer that has its connection here.
struct LinkGuest: Sendable {
    let session: SessionID
    /// The peer at the other relay.
    let opener: PeerID
    /// The peer that is here: the same one, where it has moved to the other relay.
    let target: PeerID
    /// Its connection.
    let entry: AllocationHub.Entry
}

extension QUICRelayServices {
    /// Where another relay has a peer's connection, or had it last.
    ///
    /// - Returns: nil where no other relay has it.
    /// - Throws: where there is no such peer, for one.
    func node(of peer: PeerID, in session: SessionID, as principal: Principal) async throws(SessionFailure)
        -> NodeAddress?
    {
        let node = try await self.sessions.node(of: peer, in: session, as: principal)
        guard let own = self.nodes.own, let node = node.flatMap({ NodeAddress($0.text) }), node != own else {
            return nil
        }
        return node
    }

    /// Opens the way to a peer's relay.
    ///
    /// - Returns: why there is none; nil once it is open.
    fileprivate func open(
        _ pass: NodePass,
        at node: NodeAddress,
        on eventLoop: any EventLoop,
        _ opening: NodeDialer.Opening
    ) async -> QUICAllocation.Reached? {
        do {
            try await self.nodes.open(pass, at: node, on: eventLoop, opening)
            return nil
        } catch {
            return (error as? NodeRefusal)?.status == .notFound ? .nowhere : .unreachable
        }
    }

    /// Tells another relay that a peer has come to this one from there. A relay that can't be told has no connection of the peer's any more.
    func tellMove(of peer: PeerID, in session: SessionID, from before: NodeURL, on loop: DeliveryLoop) {
        guard let node = NodeAddress(before.text), node != self.nodes.own else { return }
        let claim = NodePass.Claim.quic(to: peer.text, from: peer.text)
        let pass = NodePass(node: node.description, session: session.text, claim: claim)
        let (nodes, eventLoop) = (self.nodes, loop.eventLoop)
        let opening = self.sockets.opening(on: loop) { MoveNotice() }
        _ = self.lane.run { try? await nodes.open(pass, at: node, on: eventLoop, opening) }
    }
}
