import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Follows the session of a tunnel's end, as the peer that the end is: the end is closed when its tunnel, its session or its peer's leave is
/// no more. It is also the sign that the peer is there. A peer that came by its ticket stays for as long as it is a peer: the ticket is renewed
/// here, since nothing but bytes goes over the end.
///
/// Lives on the end's loop.
final class TunnelWatch {
    private(set) var session: Session
    let loop: DeliveryLoop
    private let tunnel: String
    private var subscriptions = Subscriptions()
    /// The end's place among its user's connections, until the end takes it.
    private var place: ConnectionQuota.Place?
    /// Closes the end. Nil before it is open, and once it is closed.
    private var close: ((UInt16, String) -> Void)?
    /// What happened before it was open.
    private var reason: (UInt16, String)?
    private let renewal: TicketRenewal

    init(
        _ session: Session,
        _ loop: DeliveryLoop,
        tunnel: String,
        renewal: TicketRenewal,
        place: consuming ConnectionQuota.Place
    ) {
        self.renewal = renewal
        self.session = session
        self.loop = loop
        self.tunnel = tunnel
        self.place = consume place
    }

    func takePlace() -> ConnectionQuota.Place? { self.place.take() }

    func start(_ joined: consuming JoinedReaders) {
        let readers = joined.readers
        self.subscriptions.add(joined)
        self.loop.current?.connections.add(self)
        for reader in readers { self.loop.current?.readers.start(reader) }
        // An account's token its client renews, and for itself.
        guard self.session.peer?.ticket != nil else { return }
        self.renewal.begin(self.session) { [weak self] session, _ in
            guard let self else { return }
            self.session = session
            self.loop.current?.connections.expiryChanged(of: self)
        }
    }

    /// The end is open.
    func opened(_ close: @escaping (UInt16, String) -> Void) {
        if let (code, text) = self.reason { return close(code, text) }
        self.close = close
    }

    /// The end is closed, or never came to be.
    func stop() {
        self.close = nil
        self.renewal.stop()
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
    }

    private func end(_ code: UInt16, _ text: String) {
        self.reason = self.reason ?? (code, text)
        self.close.take()?(code, text)
    }
}

extension TunnelWatch: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) { self.end(4001, refusal.detail) }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.end(4001, "The access token has expired")
    }

    func capacity(for reader: Reader) -> Int { .max }

    /// What was missed may have been the end.
    func deliver(_ gap: Gap, to reader: Reader) { self.end(1_011, "Connect again") }

    /// Only the relay says that a tunnel is closed, or its session over.
    func deliver(_ batch: Batch, to reader: Reader) {
        for message in batch.messages where message.sender == nil {
            switch self.news(message.payload) {
            case .tunnelClosed: self.end(1_000, "The tunnel is closed")
            case .sessionOver: self.end(4004, "The session has ended")
            case nil: break
            }
        }
    }

    private enum News {
        case tunnelClosed
        case sessionOver
    }

    /// A session that is over is kept for a while, so that it can be told how it ended. Its tunnels are not.
    private func news(_ payload: ByteBuffer) -> News? {
        let found = try? RequestFields.decode(payload, names: ["type", "tunnel_id", "state"]) { fields in
            (type: fields.text("type"), tunnel: fields.text("tunnel_id"), state: fields.text("state"))
        }
        switch found?.type {
        case "tunnel_closed" where found?.tunnel == self.tunnel: return .tunnelClosed
        case "session_state" where ["closed", "expired"].contains(found?.state): return .sessionOver
        default: return nil
        }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        _ = self.subscriptions.remove(reader.topic.name)
        switch reason {
        case .accessLost: self.end(4003, "Not a peer of the session any more")
        case .topicDeleted: self.end(4004, "The session has ended")
        case .storeFailed: self.end(1_011, "Try again later")
        }
    }

    func flush() {}
}
