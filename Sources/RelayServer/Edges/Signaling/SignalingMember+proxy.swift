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
        switch saying {
        case .accepted(let window, let maxFrame):
            return self.accept(other, window: window, maxFrame: maxFrame, requestID)
        case .rejected:
            self.hub.pair(self.peer, other, in: self.id)?.close(.rejected)
            return message.payload
        case .acknowledged(let sequence, let window):
            let pair = self.hub.pair(self.peer, other, in: self.id)
            let isOpen = pair?.acknowledge(sequence, window: window, by: pair?.side(of: self.peer) ?? .opener)
            if isOpen != true { self.notOpen(requestID) }
        case .closed:
            if self.hub.pair(self.peer, other, in: self.id)?.close(.closed) != true { self.notOpen(requestID) }
        case .request, .data: break
        }
        return nil
    }

    private var hub: ProxyHub { self.services.proxies }

    private func notOpen(_ requestID: ByteBuffer?) {
        self.fail("proxy_not_open", "Nobody has accepted a binary proxy", requestID)
    }

    private func request(_ message: SignalFrame.Publish, window: Int?, _ requestID: ByteBuffer?) -> ByteBuffer? {
        let target = message.recipient.flatMap { PeerID($0) }
        if message.recipient != nil {
            guard let target, target != self.peer, self.current?.peer(target) != nil else {
                self.send(.error(SignalNotice.Failure(.refused(.peerUnknown), requestID)))
                return nil
            }
        }
        switch self.hub.request(self.proxy.reference, target, in: self.id, window: window) {
        case .asked: return message.payload
        case .exists: self.fail("conflict", "The two peers have a binary proxy", requestID)
        case .full: self.fail("quota_exceeded", "Too many binary proxies", requestID)
        }
        return nil
    }

    /// Both sockets have to be at this relay: who is elsewhere is told that there will be no tunnel.
    private func accept(_ opener: PeerID, window: Int?, maxFrame: Int?, _ requestID: ByteBuffer?) -> ByteBuffer? {
        let accepted = self.hub.accept(
            by: self.proxy.reference,
            from: opener,
            in: self.id,
            window: window,
            maxFrame: maxFrame
        )
        guard let (_, terms) = accepted else {
            self.fail("proxy_not_open", "That peer has not asked for a binary proxy over this relay", requestID)
            return Self.message("binary_proxy_rejected", to: opener, #","reason":"not_at_one_relay""#)
        }
        return Self.message(
            "binary_proxy_accepted",
            to: opener,
            #","window":\#(terms.window),"max_frame":\#(terms.maxFrame),"start_sequence":\#(terms.startSequence)"#
        )
    }

    private static func message(_ type: String, to peer: PeerID, _ fields: String) -> ByteBuffer {
        var payload = ByteBuffer(string: #"{"type":"\#(type)","to_peer_id":"#)
        payload.writeJSONString(peer.text)
        payload.writeString(fields)
        payload.writeString("}")
        return payload
    }
}
