import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// A WebSocket whose client joins rooms by texts, one after another, and edits the document of that name by binary messages. Lives on its
/// connection's loop.
final class RoomConversation {
    /// Nil before it is open, and once it closes or is gone.
    private(set) var connection: WebSocketConnection?
    let loop: DeliveryLoop
    let guest: RoomGuest
    /// Nil once the client is known.
    private var stranger: DocumentStranger?
    private var visit: RoomVisit?
    private var hasJoined = false

    /// - Parameters:
    ///   - session: of the token that the WebSocket was opened with.
    ///   - stranger: where there was none.
    init(_ session: Session?, _ stranger: DocumentStranger?, _ services: DocumentServices, on loop: DeliveryLoop) {
        self.guest = RoomGuest(session, at: stranger?.address, services, writesLength: true)
        self.stranger = stranger
        self.loop = loop
    }

    private func join(_ room: String) {
        guard let visit = RoomVisit(room, by: self) else { return self.receivedNonsense() }
        self.leave()
        self.hasJoined = true
        self.visit = visit
        visit.begin()
    }

    private func leave() { self.visit.take()?.end() }
}

// MARK: - The WebSocket

extension RoomConversation: SocketConversation {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.stranger?.onExcess { [weak self] in
            self?.connection?.close(.unauthorized, "Too much before a token")
        }
        self.guest.came(by: self)
    }

    func closed() {
        self.guest.left()
        self.connection = nil
        self.leave()
    }

    func drained() { self.visit?.drained() }

    var facts: ConnectionFacts? {
        ConnectionFacts(.rooms, user: self.guest.session?.account.id, topics: self.visit?.isInside == true ? 1 : 0)
    }

    var idleReason: String? { self.hasJoined ? nil : "Idle timeout before join" }

    /// Clients of y-protocols close a connection over which nothing has come for 30 s.
    var keepAlive: ByteBuffer? {
        guard self.visit?.isInside == true else { return nil }
        let update = AwarenessUpdate().encoded()
        return ByteBuffer(documentFrame: ZealMessage.awarenessFrame(update, hasLength: self.guest.writesLength))
    }

    func foundTooLarge() { self.fail(.tooLarge) }

    func received(text: ByteBuffer) {
        switch RoomFrame(json: text) {
        case .join(let room): self.join(room)
        case .leave: self.leave()
        case nil: self.receivedNonsense()
        }
    }

    func received(binary: ByteBuffer) {
        var (offset, count) = (0, FrameCount())
        let bytes = Array(binary.readableBytesView)
        do throws(DocumentError) {
            while offset < bytes.count, self.connection != nil {
                try count.next()
                try self.received(try ZealMessage.next(in: bytes.span, at: &offset), in: bytes)
            }
        } catch {
            self.receivedNonsense()
        }
    }

    private func received(_ message: ZealMessage, in bytes: [UInt8]) throws(DocumentError) {
        if let visit = self.visit { return try visit.received(message, in: bytes) }
        guard case .authenticate(let range) = message else { return self.fail(.notJoined) }
        self.guest.authenticate(ByteBuffer(bytes: bytes[range]), by: self) { session in
            // A user's place among its connections it has where it shows a token; others get theirs with their first document.
            if session === Session.anonymous { return self.guest.adopt(session) }
            if !self.guest.become(session, by: self) { self.fail(.capacityReached) }
        }
    }
}

// MARK: - What is said in its room

extension RoomConversation: RoomLine {
    func tell(_ notice: RoomNotice) { self.connection?.send(notice.framed) }

    func refuseToken(_ reason: String) {
        self.connection?.send(ByteBuffer(documentFrame: DocumentFrame.denied(reason: reason)))
    }

    func send(_ message: [UInt8], of visit: RoomVisit) {
        self.connection?.send(ByteBuffer(documentFrame: message))
    }

    func deliver(_ batch: Batch, of part: DocumentPart, hasLength: Bool, to visit: RoomVisit) {
        switch part {
        case .updates: self.connection?.deliver(batch.encoded(as: DocumentBatch.self))
        case .awareness where hasLength: self.connection?.deliver(batch.encoded(as: AwarenessBatch.self))
        case .awareness: self.connection?.deliver(batch.encoded(as: BareAwarenessBatch.self))
        case .stateless: break
        }
    }

    func left(_ visit: RoomVisit) {
        if self.visit === visit { self.visit = nil }
    }

    func takePlace(of session: Session) -> Bool {
        guard let connection = self.connection, let stranger = self.stranger else { return false }
        guard stranger.become(session, on: connection, self.guest.services) else { return false }
        self.stranger = nil
        return true
    }

    func putOut(_ reason: RoomDismissal) {
        switch reason {
        case .noTokenInTime: self.connection?.close(.unauthorized, "No token in time")
        case .malformedMessages: self.connection?.close(.policyViolation, "Malformed messages")
        }
    }
}
