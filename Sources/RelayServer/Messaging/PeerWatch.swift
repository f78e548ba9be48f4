import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Follows the session of a connection that carries a peer's bytes, as that peer: the connection is closed when its session or its peer's leave
/// is no more, and is told of tunnels that are. It is also the sign that the peer is there. A peer that came by its ticket stays for as long as
/// it is a peer: the ticket is renewed here.
///
/// Lives on the connection's loop.
final class PeerWatch {
    private(set) var session: Session
    let loop: DeliveryLoop
    private var subscriptions = Subscriptions()
    /// The connection's place among its user's, until the connection takes it.
    private var place: ConnectionQuota.Place?
    /// Closes the connection. Nil before it is open, and once it is closed.
    private var close: ((Ending, String) -> Void)?
    /// What happened before it was open.
    private var reason: (Ending, String)?
    /// Told of the ids of tunnels of the session that are closed.
    var tunnelClosed: ((String) -> Void)?
    private let renewal: TicketRenewal

    init(
        _ session: Session,
        _ loop: DeliveryLoop,
        renewal: TicketRenewal,
        place: consuming ConnectionQuota.Place
    ) {
        self.renewal = renewal
        self.session = session
        self.loop = loop
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

    /// Why the connection may not go on.
    enum Ending {
        /// It has done what it was for.
        case done
        /// Its token is no good any more.
        case unauthenticated
        /// Its peer is none any more.
        case noPeer
        case sessionOver
        /// Something of the session was missed. Who comes again may go on.
        case failed
    }

    /// The connection is open.
    func opened(_ close: @escaping (Ending, String) -> Void) {
        if let (ending, text) = self.reason { return close(ending, text) }
        self.close = close
    }

    /// The connection is closed, or never came to be.
    func stop() {
        self.close = nil
        self.tunnelClosed = nil
        self.renewal.stop()
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
    }

    func end(_ ending: Ending, _ text: String) {
        self.reason = self.reason ?? (ending, text)
        self.close.take()?(ending, text)
    }
}

extension PeerWatch: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) { self.end(.unauthenticated, refusal.detail) }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.end(.unauthenticated, "The access token has expired")
    }

    func capacity(for reader: Reader) -> Int { .max }

    /// What was missed may have been the end.
    func deliver(_ gap: Gap, to reader: Reader) { self.end(.failed, "Connect again") }

    /// Only the relay says that a tunnel is closed, or its session over.
    func deliver(_ batch: Batch, to reader: Reader) {
        for message in batch.messages where message.sender == nil {
            switch self.news(message.payload) {
            case .tunnelClosed(let tunnel): self.tunnelClosed?(tunnel)
            case .sessionOver: self.end(.sessionOver, "The session has ended")
            case nil: break
            }
        }
    }

    private enum News {
        case tunnelClosed(String)
        case sessionOver
    }

    /// A session that is over is kept for a while, so that it can be told how it ended. Its tunnels are not.
    private func news(_ payload: ByteBuffer) -> News? {
        let found = try? RequestFields.decode(payload, names: ["type", "tunnel_id", "state"]) { fields in
            (type: fields.text("type"), tunnel: fields.text("tunnel_id"), state: fields.text("state"))
        }
        switch found?.type {
        case "tunnel_closed": return found?.tunnel.map { .tunnelClosed($0) }
        case "session_state" where ["closed", "expired"].contains(found?.state): return .sessionOver
        default: return nil
        }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        _ = self.subscriptions.remove(reader.topic.name)
        switch reason {
        case .accessLost: self.end(.noPeer, "Not a peer of the session any more")
        case .topicDeleted: self.end(.sessionOver, "The session has ended")
        case .storeFailed: self.end(.failed, "Try again later")
        }
    }

    func flush() {}
}
