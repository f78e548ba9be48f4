import NIOCore
import NIOWebSocket
import RelaySessions
import RelayTelemetry
import RelayTunnels
import RelayWire

/// Tunnels of proxy frames that another relay keeps.
extension ProxyEnd {
    /// Connects the peer to the relay that keeps a tunnel of its own. Its socket is not read before that is done.
    ///
    /// - Parameters:
    ///   - first: what to say there at once.
    ///   - before: the link whose place it takes.
    ///   - orElse: what follows where the peer gets no tunnel. That the relay can't be reached it is told before.
    func link(
        to other: PeerID,
        _ proxy: SessionProxy,
        saying first: ByteBuffer? = nil,
        after before: ProxyLink? = nil,
        orElse: ((ProxyLink.Failure) -> Void)? = nil
    ) {
        let link = ProxyLink(to: other, proxy, of: self, saying: first, after: before, orElse: orElse)
        self.links[other]?.leave(forGood: false)
        self.links[other] = link
        guard let node = NodeAddress(proxy.node.text) else { return link.failed(.unreachable) }
        let claim = NodePass.Claim.proxy(proxy.id.text, peer: self.peer.text)
        let pass = NodePass(node: node.description, session: self.session.text, claim: claim)
        let (nodes, loop) = (self.hub.nodes, self.loop.eventLoop)
        let opening = self.hub.sockets.opening(on: self.loop) { link }
        let span = self.connection?.span?.child("open a proxy at another relay", .client)
        let isRunning = self.hub.sockets.lane.run(
            {
                do {
                    try await nodes.open(pass, at: node, on: loop, under: span?.context, opening)
                    span?.end()
                    return nil
                } catch {
                    let failure = ProxyLink.Failure(error)
                    span?.end(failure: failure.text)
                    return failure
                }
            },
            on: loop
        ) { (failure: ProxyLink.Failure?) in
            if let failure { link.failed(failure) }
        }
        if !isRunning { link.failed(.unreachable) }
    }

    /// The peer has come to this relay. Its tunnels may be kept at another.
    func find(_ proxies: [SessionProxy]) {
        for proxy in proxies where proxy.binds(self.peer) {
            guard let other = proxy.opener == self.peer ? proxy.target : proxy.opener else { continue }
            if NodeAddress(proxy.node.text) != self.hub.nodes.own {
                self.link(to: other, proxy)
            } else if self.hub.pair(proxy.id, in: self.session) == nil {
                // This relay has been another in the meantime.
                self.tellLost(proxy, other, sent: 0, received: 0)
            }
        }
    }

    // MARK: What becomes of a link

    /// The other relay has closed the tunnel, and has said so.
    func done(_ link: ProxyLink) {
        self.forget(link)
        self.hearOn()
    }

    /// The connection is gone, and maybe nothing else.
    func linkAgain(_ link: ProxyLink) {
        self.forget(link)
        self.link(to: link.other, link.proxy, after: link)
    }

    /// The other relay can't be reached, or keeps the tunnel no more.
    func lost(_ link: ProxyLink) {
        self.forget(link)
        self.tellLost(link.proxy, link.other, sent: link.sent, received: link.received)
        self.hearOn()
    }

    /// The other peer is out of the session: its tunnel with this one ends now, whatever is on its way.
    func end(with other: PeerID) {
        guard let link = self.links[other] else {
            self.hub.pair(self.peer, other, in: self.session)?.close(.left)
            return
        }
        self.forget(link)
        link.leave(forGood: true)
        self.send(.closed(reason: ProxyTunnel.Closing.left.text, sent: link.sent, received: link.received), of: other)
        self.hearOn()
    }

    private func forget(_ link: ProxyLink) {
        if self.links[link.other] === link { self.links[link.other] = nil }
    }

    /// What was asked of nobody in particular may still be accepted, or may be another's by now: only a tunnel of this peer is forgotten.
    private func tellLost(_ proxy: SessionProxy, _ other: PeerID, sent: UInt64, received: UInt64) {
        if proxy.binds(self.peer) { self.hub.forget(proxy.id, in: self.session) }
        self.send(.closed(reason: "relay_lost", sent: sent, received: received), of: other)
    }

    // MARK: From the other relay to the peer

    /// Whether the peer's socket takes what it is sent.
    var isWritable: Bool { self.connection?.isWritable == true }

    /// The peer's socket may be read again.
    func hearOn() { if !self.holdsBack { self.connection?.hearOn() } }

    /// What that relay tells the peer of a tunnel.
    func passOn(_ text: ByteBuffer) {
        var bytes = ByteBuffer()
        WebSocketFraming.write(.text, text, into: &bytes)
        self.connection?.send(bytes)
    }

    /// - Returns: bytes of data that it has.
    func passOn(frame: ByteBuffer, from other: PeerID) -> Int {
        var head = ByteBuffer()
        WebSocketFraming.writeHeader(.binary, payloadSize: frame.readableBytes, into: &head)
        self.connection?.deliver(head)
        self.connection?.deliver(frame)
        self.connection?.flush()
        let size = ProxyFrame.headSize(session: self.session.text.utf8.count, peer: other.text.utf8.count)
        return max(0, frame.readableBytes - size)
    }
}
