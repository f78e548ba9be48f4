import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// Tunnels of proxy frames: asked for and accepted by messages of the session's topic, used and closed from socket to socket.
extension SignalingMember {
    /// A whole binary message has come: a frame.
    ///
    /// - Returns: false where it is none of a tunnel's.
    func received(binary: ByteBuffer) -> Bool {
        guard case .failed(let code, let text) = self.proxy.received(binary) else { return true }
        self.fail(code, text, nil)
        return false
    }

    /// The client says something about a tunnel.
    ///
    /// - Returns: what is to be published of it; nil for nothing.
    func heard(
        _ saying: ProxySaying,
        _ message: SignalFrame.Publish,
        _ requestID: ByteBuffer?
    ) -> ByteBuffer? {
        if case .data(let sequence) = saying {
            self.proxy.expect(sequence, for: message.recipient.flatMap { PeerID($0) })
            return nil
        }
        if case .request(let window) = saying { return self.request(message, window: window, requestID) }
        guard let other = message.recipient.flatMap({ PeerID($0) }) else {
            self.fail("bad_message", "to_peer_id has to name the other peer", requestID)
            return nil
        }
        if let link = self.proxy.links[other] {
            link.say(message.payload)
            if case .rejected = saying { return message.payload }
            return nil
        }
        switch saying {
        case .accepted(let window, let maxFrame):
            self.accept(other, message, window: window, maxFrame: maxFrame, requestID)
        case .rejected:
            self.hub.pair(self.peer, other, in: self.id)?.close(.rejected)
            return message.payload
        case .acknowledged, .closed:
            if case .failed(let code, let text) = self.proxy.heard(saying, of: other) {
                self.fail(code, text, requestID)
            }
        case .request, .data: break
        }
        return nil
    }

    private var hub: ProxyHub { self.services.proxies }

    /// What this peer has asked another for, who is elsewhere, comes to nothing.
    func rejected(by other: String) {
        guard let other = PeerID(other), let pair = self.hub.pair(self.peer, other, in: self.id), !pair.isOpen else {
            return
        }
        pair.close(.rejected)
    }

    /// Another peer was put out of the session. What it has sent may still be on its way from its relay, and behind that the word that it is gone.
    func notePutOut(_ delivery: SignalDelivery) {
        guard delivery.type == "peer_left", delivery.text("reason") == LeaveReason.kicked.rawValue,
            let other = delivery.text("peer_id").flatMap({ PeerID($0) })
        else { return }
        self.proxy.end(with: other)
    }

    // MARK: Asking

    /// - Returns: what is to be published at once.
    private func request(_ message: SignalFrame.Publish, window: Int?, _ requestID: ByteBuffer?) -> ByteBuffer? {
        guard let recipient = message.recipient else { return self.request(message, of: nil, window, requestID) }
        guard let target = PeerID(recipient), target != self.peer else {
            self.send(.error(SignalNotice.Failure(.refused(.peerUnknown), requestID)))
            return nil
        }
        guard self.current?.peer(target) == nil else { return self.request(message, of: target, window, requestID) }
        // It may have come to another relay a moment ago.
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.find(target, in: id, as: principal)
        } then: { _ in
            guard let payload = self.request(message, of: target, window, requestID) else { return }
            self.publish(payload, on: message.topic, requestID)
        }
        return nil
    }

    private func request(
        _ message: SignalFrame.Publish,
        of target: PeerID?,
        _ window: Int?,
        _ requestID: ByteBuffer?
    ) -> ByteBuffer? {
        guard target.map({ self.proxy.links[$0] == nil }) ?? true else {
            self.fail("conflict", "The two peers have a binary proxy", requestID)
            return nil
        }
        switch self.hub.request(self.proxy.reference, target, in: self.id, window: window) {
        case .asked(let pair): return self.asked(pair, message.allowing(window, upTo: self.hub.rules.window), requestID)
        case .exists: self.fail("conflict", "The two peers have a binary proxy", requestID)
        case .full: self.fail("quota_exceeded", "Too many binary proxies", requestID)
        }
        return nil
    }

    /// Who is at another relay finds the request by the session, where others can reach this relay.
    private func asked(
        _ pair: ProxyPair,
        _ message: SignalFrame.Publish,
        _ requestID: ByteBuffer?
    ) -> ByteBuffer? {
        guard let node = self.hub.nodes.ownURL else { return message.payload }
        let hub = self.hub
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.openProxy(pair.id, to: pair.target, of: id, at: node, as: principal)
        } then: { _ in
            self.publish(message.payload, on: message.topic, requestID)
        } orElse: { _ in
            hub.remove(pair)
            return false
        }
        return nil
    }

    // MARK: Accepting

    private func accept(
        _ opener: PeerID,
        _ message: SignalFrame.Publish,
        window: Int?,
        maxFrame: Int?,
        _ requestID: ByteBuffer?
    ) {
        let isOpen = self.hub.accept(
            by: self.proxy.reference,
            from: opener,
            in: self.id,
            window: window,
            maxFrame: maxFrame
        )
        if isOpen { return }
        let peer = self.peer
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.proxy(from: opener, to: peer, of: id, as: principal)
        } then: { (proxy: SessionProxy?) in
            guard let proxy, NodeAddress(proxy.node.text) != self.hub.nodes.own else {
                return self.notAsked(opener, requestID)
            }
            guard self.proxy.links.count < ProxyHub.mostOfPeer else {
                return self.fail("quota_exceeded", "Too many binary proxies", requestID)
            }
            self.proxy.link(to: opener, proxy, saying: message.payload) { [weak self] failure in
                switch failure {
                case .unreachable: self?.reject(opener, "relay_unreachable")
                // Another peer was a moment faster: the relay that keeps the tunnel knows it before the store does.
                case .unknown: self?.notAsked(opener, requestID)
                }
            }
        }
    }

    private func notAsked(_ opener: PeerID, _ requestID: ByteBuffer?) {
        let text = "That peer has not asked for a binary proxy, or at a relay that this one can't reach"
        self.fail("proxy_not_open", text, requestID)
        self.reject(opener, "not_at_one_relay")
    }

    /// The opener is told that there will be no tunnel.
    private func reject(_ opener: PeerID, _ reason: StaticString) {
        var payload = ByteBuffer(string: #"{"type":"binary_proxy_rejected","to_peer_id":"#)
        payload.writeJSONString(opener.text)
        payload.writeString(#","reason":"\#(reason)"}"#)
        self.publish(payload, on: .signal, nil)
    }
}
