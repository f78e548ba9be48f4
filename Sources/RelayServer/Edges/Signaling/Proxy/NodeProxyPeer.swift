import NIOCore
import NIOWebSocket
import RelaySessions
import RelayTunnels
import RelayWire

/// Another relay's connection that stands for a peer of a tunnel of proxy frames: what the peer would send to this relay, and what it would get
/// from it, as far as the tunnel goes. Lives on its connection's loop.
final class NodeProxyPeer: WebSocketDialect {
    /// The close code where the peer has accepted what it was not asked for, or what another has accepted before it.
    static let notAsked: UInt16 = 4404

    private let peer: PeerID
    private let pair: ProxyPair
    private let hub: ProxyHub
    private let loop: DeliveryLoop
    private var connection: WebSocketConnection?
    /// Nil before it is open.
    private var proxy: ProxyEnd?

    init(_ peer: PeerID, of pair: ProxyPair, hub: ProxyHub, loop: DeliveryLoop) {
        self.peer = peer
        self.pair = pair
        self.hub = hub
        self.loop = loop
    }

    var facts: ConnectionFacts? { ConnectionFacts(.node) }

    /// The relay closes it when the peer's socket closes.
    let idleReason: String? = nil

    var holdsBack: Bool { self.proxy?.holdsBack ?? false }

    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        let session = self.pair.session
        let proxy = ProxyEnd(
            session: session,
            peer: self.peer,
            hub: self.hub,
            connection,
            on: self.loop,
            isRelays: true
        )
        self.proxy = proxy
        if self.pair.isHeld(by: self.peer) { self.pair.returned(proxy.reference) }
    }

    func received(text: ByteBuffer) {
        guard let frame = try? SignalFrame(json: text), case .publish(let message) = frame.content,
            let saying = ProxySaying(message), let other = message.recipient.flatMap({ PeerID($0) })
        else { return }
        switch saying {
        case .accepted(let window, let maxFrame):
            guard let proxy = self.proxy else { return }
            let isOpen = self.hub.accept(
                by: proxy.reference,
                from: other,
                in: self.pair.session,
                window: window,
                maxFrame: maxFrame
            )
            guard !isOpen else { return }
            if self.hub.pair(self.peer, other, in: self.pair.session)?.isOpen == true {
                return self.tell(ProxyEnd.notOpen)
            }
            self.connection?.close(.unknown(Self.notAsked), "Another peer was faster")
        case .rejected: self.hub.pair(self.peer, other, in: self.pair.session)?.close(.rejected)
        case .acknowledged, .closed: if let outcome = self.proxy?.heard(saying, of: other) { self.tell(outcome) }
        case .request, .data: break
        }
    }

    func received(binary: ByteBuffer) {
        if let outcome = self.proxy?.received(binary) { self.tell(outcome) }
    }

    private func tell(_ outcome: ProxyEnd.Outcome) {
        guard case .failed(let code, let text) = outcome else { return }
        self.hub.sockets.metrics.failed(.webSocket, code: code)
        let failure = SignalNotice.Failure(code: code, message: text, requestID: nil)
        self.connection?.send(SignalNotice.error(failure).framed)
    }

    func drained() { self.proxy?.drained() }

    func closed() {
        // A relay whose peer is none any more says so by a clean end.
        let isForGood = self.connection?.isClosedByClient == true && self.connection?.closeCode == 1_000
        self.connection = nil
        self.proxy?.closed(forGood: isForGood)
    }
}
