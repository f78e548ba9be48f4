import NIOCore
import NIOWebSocket
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// A peer's signaling socket, as far as proxy frames go: whose frames it brings, and which it gets. Lives on its connection's loop.
///
/// Frames go from socket to socket. One that has no room where it goes waits here, and the socket that brought it is not read meanwhile. Frames
/// of a tunnel that another relay keeps go there as they came, see ``ProxyLink``; there another relay's connection stands for the peer, with
/// an end of its own.
final class ProxyEnd {
    /// A frame of the peer's.
    private struct Frame {
        let peer: PeerID
        let sequence: UInt64
        let data: ByteBuffer
    }

    /// What came of a binary message.
    enum Outcome {
        case done
        /// The peer is told so.
        case failed(code: String, text: String)
    }

    let session: SessionID
    let peer: PeerID
    let hub: ProxyHub
    let loop: DeliveryLoop
    /// Whether the connection is another relay's, for the one tunnel.
    private let isRelays: Bool
    private let bandwidth: SharedBandwidth?
    /// Nil once the socket closes.
    private(set) var connection: WebSocketConnection?
    /// By the other peer: those that this relay keeps.
    private var pairs: [PeerID: ProxyPair] = [:]
    /// By the other peer: those that other relays keep.
    var links: [PeerID: ProxyLink] = [:]
    private var held: Frame?
    /// The number of the frame whose data the next binary message is, and for whom, as programs of old say it.
    private var header: (sequence: UInt64, peer: PeerID?)?
    /// What this socket has not taken: by the peer from whom it is.
    private var owing: [PeerID: Int] = [:]
    private var owed = 0
    /// Nil while the session has bandwidth left.
    private var pause: Scheduled<Void>?

    init(
        session: SessionID,
        peer: PeerID,
        hub: ProxyHub,
        _ connection: WebSocketConnection,
        on loop: DeliveryLoop,
        isRelays: Bool = false
    ) {
        self.session = session
        self.peer = peer
        self.hub = hub
        self.connection = connection
        self.loop = loop
        self.isRelays = isRelays
        self.bandwidth = hub.bandwidth(of: session)
    }

    var reference: ProxyEndReference { ProxyEndReference(self, peer: self.peer, on: self.loop.eventLoop) }

    /// Whether the socket is not read.
    var holdsBack: Bool { self.held != nil || self.pause != nil || self.links.values.contains(where: \.isBusy) }

    // MARK: From the peer

    /// The next binary message has no head.
    func expect(_ sequence: UInt64, for peer: PeerID?) { self.header = (sequence, peer) }

    func received(_ message: ByteBuffer) -> Outcome {
        let header = self.header.take()
        let frame: ProxyFrame
        do throws(ProxyFrameError) {
            frame = try ProxyFrame(message, maxData: self.hub.rules.maxFrame)
        } catch {
            if let header { return self.received(message, behind: header) }
            return self.others.isEmpty ? Self.notOpen : .failed(code: "bad_message", text: error.message)
        }
        guard SessionID(String(buffer: frame.session)) == self.session else {
            if let header { return self.received(message, behind: header) }
            return .failed(code: "peer_mismatch", text: "This socket is another session's")
        }
        guard let peer = PeerID(String(buffer: frame.peer)) else { return Self.notOpen }
        if let link = self.links[peer] {
            link.send(frame: message, data: frame.data.readableBytes)
            return .done
        }
        return self.route(Frame(peer: peer, sequence: frame.sequence, data: frame.data))
    }

    private func received(_ data: ByteBuffer, behind header: (sequence: UInt64, peer: PeerID?)) -> Outcome {
        let others = self.others
        guard let peer = header.peer ?? (others.count == 1 ? others[0] : nil) else { return Self.notOpen }
        guard let link = self.links[peer] else {
            return self.route(Frame(peer: peer, sequence: header.sequence, data: data))
        }
        var frame = ByteBuffer()
        let (session, name) = (ByteBuffer(string: self.session.text), ByteBuffer(string: peer.text))
        ProxyFrame.writeHead(session: session, peer: name, sequence: header.sequence, into: &frame)
        frame.writeImmutableBuffer(data)
        link.send(frame: frame, data: data.readableBytes)
        return .done
    }

    static let notOpen = Outcome.failed(code: "proxy_not_open", text: "Nobody has accepted a binary proxy")

    /// With whom the peer has a tunnel.
    private var others: [PeerID] {
        let open = self.hub.pairs(of: self.peer, in: self.session).filter(\.isOpen)
        return open.compactMap { $0.peer($0.side(of: self.peer).other) } + self.links.keys
    }

    /// The tunnel with another peer that this relay keeps. Once it is open, nothing is asked of the table that all share.
    func pair(with peer: PeerID) -> ProxyPair? {
        if let known = self.pairs[peer], known.isOpen { return known }
        self.pairs[peer] = self.hub.pair(self.peer, peer, in: self.session)
        return self.pairs[peer]
    }

    /// The peer acknowledges frames of a tunnel that this relay keeps, or closes it.
    func heard(_ saying: ProxySaying, of other: PeerID) -> Outcome {
        guard let pair = self.pair(with: other) else { return Self.notOpen }
        switch saying {
        case .acknowledged(let sequence, let window):
            let isOpen = pair.acknowledge(sequence, window: window, by: pair.side(of: self.peer))
            return isOpen ? .done : Self.notOpen
        case .closed: return pair.close(.closed) ? .done : Self.notOpen
        case .request, .accepted, .rejected, .data: return .done
        }
    }

    private func route(_ frame: Frame) -> Outcome {
        guard let pair = self.pair(with: frame.peer) else { return Self.notOpen }
        let count = frame.data.readableBytes
        let (decision, receiver) = pair.receive(frame.sequence, bytes: count, from: pair.side(of: self.peer))
        switch decision {
        case .deliver:
            self.hub.metrics.received(count, over: .binaryProxy)
            self.spend(count)
            let sender = self.peer
            receiver?.tell { $0.deliver(frame.data, frame.sequence, from: sender, pair) }
        case .hold:
            self.held = frame
            self.hub.memory.add(count, to: .answers)
        case .passOver: break
        case .refuse: return Self.notOpen
        case .close(let closing): pair.tellClosed(closing)
        }
        return .done
    }

    /// There may be room for the frame that waits.
    func retry() {
        guard let frame = self.held.take() else { return }
        self.hub.memory.release(frame.data.readableBytes, from: .answers)
        _ = self.route(frame)
        self.hearOn()
    }

    private func spend(_ count: Int) {
        guard let bandwidth = self.bandwidth else { return }
        let now = NIODeadline.now()
        let moment = bandwidth.spend(count, at: now)
        guard moment > now else { return }
        self.pause?.cancel()
        self.pause = self.loop.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
            self?.pause = nil
            self?.hearOn()
        }
    }

    // MARK: To the peer

    /// The data are shared with who sent them. The head is new: the peer in it is the sender, by the relay's word.
    private func deliver(_ data: ByteBuffer, _ sequence: UInt64, from sender: PeerID, _ pair: ProxyPair) {
        guard let connection = self.connection else { return }
        let (session, peer) = (ByteBuffer(string: self.session.text), ByteBuffer(string: sender.text))
        let size = ProxyFrame.headSize(session: session.readableBytes, peer: peer.readableBytes) + data.readableBytes
        var head = ByteBuffer()
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &head)
        ProxyFrame.writeHead(session: session, peer: peer, sequence: sequence, into: &head)
        let cost = max(data.readableBytes, ProxyRules.leastCost)
        self.pairs[sender] = pair
        self.owing[sender, default: 0] += cost
        self.owed += cost
        self.hub.memory.add(cost, to: .answers)
        self.hub.metrics.sent(data.readableBytes, over: .binaryProxy)
        connection.deliver(head)
        connection.deliver(data)
        connection.flush()
        self.giveBack()
    }

    /// The socket has room.
    func drained() {
        self.giveBack()
        for link in self.links.values { link.hearOn() }
    }

    private func giveBack() {
        guard self.owed > 0, self.connection?.isWritable == true else { return }
        let owing = self.owing
        self.forgetOwed()
        for (sender, cost) in owing {
            guard let pair = self.pairs[sender] else { continue }
            pair.taken(cost, by: pair.side(of: self.peer), at: self)
        }
    }

    private func forgetOwed() {
        self.hub.memory.release(self.owed, from: .answers)
        self.owed = 0
        self.owing = [:]
    }

    func send(_ content: ProxyNotice.Content, of peer: PeerID?) {
        if case .closed = content, let peer { self.pairs[peer] = nil }
        let notice = ProxyNotice(session: self.session.text, peer: peer?.text, to: self.peer.text, content)
        self.connection?.send(notice.framed)
        // With its tunnel the other relay's connection is done.
        if case .closed = content, self.isRelays { self.connection?.close(.normalClosure, "") }
    }

    // MARK: Life

    /// The peer may have been here before, or at another relay.
    ///
    /// - Parameter proxies: those of the session that relays can find.
    func opened(_ proxies: [SessionProxy]) {
        for pair in self.hub.pairs(of: self.peer, in: self.session) { pair.returned(self.reference) }
        self.find(proxies)
    }

    /// The socket closes.
    ///
    /// - Parameter forGood: whether its peer is none any more.
    func closed(forGood: Bool) {
        self.connection = nil
        self.pause?.cancel()
        self.pause = nil
        if let frame = self.held.take() { self.hub.memory.release(frame.data.readableBytes, from: .answers) }
        self.forgetOwed()
        for link in self.links.values { link.leave(forGood: forGood) }
        self.links = [:]
        let losses = self.hub.pairs(of: self.peer, in: self.session).compactMap {
            pair -> (ProxyPair, ProxyPair.Loss)? in
            pair.left(pair.side(of: self.peer), self).map { (pair, $0) }
        }
        if forGood { return losses.forEach { $0.expire($1) } }
        guard !losses.isEmpty else { return }
        self.loop.eventLoop.assumeIsolated().scheduleTask(in: self.hub.patience) { losses.forEach { $0.expire($1) } }
    }
}

/// A peer's socket, seen from other loops.
struct ProxyEndReference: Sendable {
    let peer: PeerID
    private let end: LoopReference<ProxyEnd>

    init(_ end: ProxyEnd, peer: PeerID, on eventLoop: any EventLoop) {
        self.peer = peer
        self.end = LoopReference(end, on: eventLoop)
    }

    func isEnd(_ end: ProxyEnd) -> Bool { self.end.refers(to: end) }

    /// Does something with the end on its loop, always in the order of the calls.
    func tell(_ body: @escaping @Sendable (ProxyEnd) -> Void) { self.end.tell(body) }
}
