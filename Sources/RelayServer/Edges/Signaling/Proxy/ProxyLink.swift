import NIOCore
import NIOHTTP1
import NIOWebSocket
import RelaySessions
import RelayWire

/// A connection to the relay that keeps a tunnel of proxy frames, for a peer whose signaling socket is here: what the peer sends goes there as it
/// is, and what comes from there goes to the peer. That relay decides about all of it.
///
/// Keeps nothing: while the connection takes no more, the peer's socket is not read, and the other way round. Lives on the loop of the
/// peer's socket, as the connection does.
final class ProxyLink: WebSocketDialect {
    /// A link that lasted less is not worth another.
    private static let leastLife = TimeAmount.seconds(1)

    /// Why there is no connection.
    enum Failure: Sendable {
        case unreachable
        /// The other relay has no such tunnel for this peer.
        case unknown

        init(_ error: any Error) {
            self = (error as? NodeRefusal)?.status == .notFound ? .unknown : .unreachable
        }

        var text: String {
            switch self {
            case .unreachable: "the other relay can't be reached"
            case .unknown: "the other relay has no such tunnel for this peer"
            }
        }
    }

    let proxy: SessionProxy
    /// With whom the peer has the tunnel.
    let other: PeerID
    /// Nil once the peer's socket has closed, or the link is given up.
    private var end: ProxyEnd?
    /// Nil while there is no connection.
    private var connection: WebSocketConnection?
    private var openedAt: NIODeadline?
    /// What the peer has said before the connection was there.
    private var first: ByteBuffer?
    /// What follows where the peer gets no tunnel.
    private var orElse: ((Failure) -> Void)?
    /// Bytes of data that the peer has sent over it, and got over it.
    private(set) var sent: UInt64 = 0
    private(set) var received: UInt64 = 0

    /// - Parameters:
    ///   - first: what to say at once, a JSON object.
    ///   - before: the link whose place it takes: counts on.
    init(
        to other: PeerID,
        _ proxy: SessionProxy,
        of end: ProxyEnd,
        saying first: ByteBuffer?,
        after before: ProxyLink?,
        orElse: ((Failure) -> Void)?
    ) {
        self.other = other
        self.proxy = proxy
        self.end = end
        self.first = first
        self.orElse = orElse
        self.sent = before?.sent ?? 0
        self.received = before?.received ?? 0
    }

    /// Whether it takes nothing for now: then the peer's socket is not read.
    var isBusy: Bool { self.connection?.isWritable != true }

    // MARK: From the peer

    /// - Parameter data: bytes of the frame that are the peer's.
    func send(frame: ByteBuffer, data: Int) {
        self.sent += UInt64(data)
        self.send(.binary, frame)
    }

    /// - Parameter message: a JSON object.
    func say(_ message: ByteBuffer) { self.send(.text, message) }

    private func send(_ kind: WebSocketFraming.Kind, _ payload: ByteBuffer) {
        var bytes = ByteBuffer()
        let room = WebSocketFraming.headerSize(payloadSize: payload.readableBytes) + WebSocketFraming.maskingKeySize
        bytes.reserveCapacity(room + payload.readableBytes)
        WebSocketFraming.write(kind, payload, maskedBy: WebSocketRole.client.maskingKey, into: &bytes)
        self.connection?.deliver(bytes)
        self.connection?.flush()
    }

    // MARK: To the peer

    let idleReason: String? = nil

    var facts: ConnectionFacts? { ConnectionFacts(.node) }

    /// The other relay may not read for want of what it sends itself, which comes here.
    let isHeardWhileFull = true

    var holdsBack: Bool { self.end?.isWritable != true }

    func received(text: ByteBuffer) {
        guard let end = self.end else { return }
        // The peer may ask for another tunnel as soon as it hears that this one is closed.
        if ProxyNotice.isClosed(text) {
            self.end = nil
            end.done(self)
        }
        end.passOn(text)
    }

    func received(binary: ByteBuffer) {
        guard let end = self.end else { return }
        self.received += UInt64(end.passOn(frame: binary, from: self.other))
    }

    /// The peer's socket has room again.
    func hearOn() { self.connection?.hearOn() }

    func drained() { self.end?.hearOn() }

    // MARK: Life

    func opened(_ connection: WebSocketConnection) {
        guard let end = self.end else { return connection.close(.goingAway, "The peer is gone") }
        self.connection = connection
        self.openedAt = .now()
        if let first = self.first.take() { self.say(first) }
        end.hearOn()
    }

    /// There will be no connection, or none any more, for want of a tunnel.
    func failed(_ failure: Failure) {
        let (end, orElse) = (self.end.take(), self.orElse.take())
        // A tunnel that the peer comes too late to accept was never its own: it has lost nothing.
        if failure == .unknown, orElse != nil { end?.done(self) } else { end?.lost(self) }
        orElse?(failure)
    }

    func closed() {
        let code = self.connection?.isClosedByClient == true ? self.connection?.closeCode : nil
        self.connection = nil
        if code == NodeProxyPeer.notAsked, self.orElse != nil { return self.failed(.unknown) }
        guard let end = self.end.take() else { return }
        let lasted = self.openedAt.map { NIODeadline.now() - $0 >= Self.leastLife } ?? false
        if code == 1_000 { end.done(self) } else if lasted { end.linkAgain(self) } else { end.lost(self) }
    }

    /// The peer's socket closes.
    ///
    /// - Parameter isForGood: whether the peer is none any more.
    func leave(forGood isForGood: Bool) {
        self.end = nil
        self.orElse = nil
        self.connection?.close(isForGood ? .normalClosure : .goingAway, "")
    }
}
