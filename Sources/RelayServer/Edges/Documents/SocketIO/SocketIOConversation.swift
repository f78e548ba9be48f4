import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// What a client of Socket.IO 5's protocol, as Zeal's are, and the relay say to each other by events: which rooms it joins, and the documents of
/// those names. Lives on its session's loop.
final class SocketIOConversation {
    /// Rooms that one client may be in.
    private static let maxRooms = 100

    /// Nil before it is open, and once it closes or is gone. The two hold each other meanwhile.
    private var session: EngineSession?
    let guest: RoomGuest
    let loop: DeliveryLoop
    private var visits: [DocumentName: RoomVisit] = [:]
    /// Whether the client is in the one namespace that there is.
    private var isConnected = false
    private(set) var hasJoined = false
    /// The room of an event whose bytes come in the next message.
    private var announced: String?
    /// Whether bytes are sent as such, and not as lists of numbers: as the client last did itself.
    private var writesBinary = false

    init(_ guest: RoomGuest, on loop: DeliveryLoop) {
        self.guest = guest
        self.loop = loop
    }

    /// Rooms that the client is in, or about to be.
    var roomCount: Int { self.visits.count }

    // MARK: Coming and going

    func opened(_ session: EngineSession) {
        self.session = session
        self.guest.came(by: self)
    }

    func closed() {
        self.guest.left()
        self.session = nil
        self.leaveAll()
    }

    /// The client takes more again.
    func drained() {
        for visit in Array(self.visits.values) { visit.drained() }
    }

    private func leaveAll() {
        let visits = self.visits.values
        self.visits = [:]
        for visit in visits { visit.end() }
    }

    // MARK: Packets

    func received(_ payload: ByteBuffer, isBinary: Bool) {
        do throws(SocketIOError) {
            if isBinary || self.announced != nil { return try self.receivedBytes(payload, isBinary) }
            let packet = try SocketPacket(payload)
            switch packet.kind {
            case .connect: try self.connect(packet)
            case .disconnect:
                self.isConnected = false
                self.leaveAll()
            case .event, .binaryEvent: try self.received(packet)
            // The relay asks for none, and refuses nothing of the client's.
            case .ack, .binaryAck, .connectError: break
            }
        } catch {
            self.announced = nil
            self.receivedNonsense()
        }
    }

    private func receivedBytes(_ payload: ByteBuffer, _ isBinary: Bool) throws(SocketIOError) {
        guard isBinary, let room = self.announced.take() else { throw .malformedPacket }
        self.writesBinary = true
        self.received(payload, in: room)
    }

    private func received(_ packet: SocketPacket) throws(SocketIOError) {
        guard self.isConnected, packet.namespace == "/" else { throw .malformedPacket }
        let event = try DocumentEvent(json: packet.json)
        if let id = packet.id { self.session?.send(DocumentNotice.acknowledged(id).packet) }
        switch event {
        case .message(let room, let bytes?):
            guard packet.attachments == 0 else { throw .malformedEvent }
            self.writesBinary = false
            self.received(bytes, in: room)
        case .message(let room, nil):
            guard packet.attachments == 1 else { throw .malformedEvent }
            self.announced = room
        case _ where packet.attachments > 0: throw .malformedEvent
        case .join(let room): self.join(room)
        case .leave(let room): self.leave(room)
        // Of an application's own: nobody here waits for it.
        case .other: break
        }
    }

    // MARK: Who the client is

    private func connect(_ packet: SocketPacket) throws(SocketIOError) {
        guard packet.namespace == "/" else {
            return self.refuse("Invalid namespace", packet.namespace)
        }
        guard let token = try ShownToken.token(in: packet.json) else { return self.welcome() }
        self.guest.entrance.session(token, for: self) { result in
            switch result {
            case .failure(let error): self.refuse(error.detail, "/")
            case .success(let session):
                guard self.guest.become(session, by: self) else { return self.refuse("Too many connections", "/") }
                self.welcome()
            }
        }
    }

    private func welcome() {
        self.isConnected = true
        self.session?.send(DocumentNotice.connected(sid: self.guest.clientID).packet)
    }

    private func refuse(_ reason: String, _ namespace: String) {
        self.session?.send(DocumentNotice.refused(reason, namespace: namespace).packet)
    }

    // MARK: Rooms

    private func join(_ room: String) {
        guard let visit = RoomVisit(room, by: self) else { return self.receivedNonsense() }
        self.visits.removeValue(forKey: visit.name)?.end()
        guard self.visits.count < Self.maxRooms else { return self.fail(.limitReached) }
        self.hasJoined = true
        self.visits[visit.name] = visit
        visit.begin()
    }

    private func leave(_ room: String) {
        guard let name = DocumentName(room) else { return self.receivedNonsense() }
        self.visits.removeValue(forKey: name)?.end()
    }

    private func received(_ payload: ByteBuffer, in room: String) {
        guard let visit = DocumentName(room).flatMap({ self.visits[$0] }) else { return self.fail(.notJoined) }
        var offset = 0
        let bytes = Array(payload.readableBytesView)
        do throws(DocumentError) {
            while offset < bytes.count, self.session != nil {
                try visit.received(try ZealMessage.next(in: bytes.span, at: &offset), in: bytes)
            }
        } catch {
            self.receivedNonsense()
        }
    }
}

// MARK: - What is said in its rooms

extension SocketIOConversation: RoomLine {
    var isWritable: Bool { self.session?.isWritable == true }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.session?.suspend(work, then: body)
    }

    func flush() { self.session?.flush() }

    func workBegan() { self.session?.workBegan() }

    func workEnded() { self.session?.workEnded() }

    func tell(_ notice: RoomNotice) {
        switch notice {
        case .joined(let room, let clientID):
            self.session?.send(DocumentNotice.joined(room: room, clientID: clientID).packet)
        case .failed(let text, let code): self.session?.send(DocumentNotice.error(text, type: code).packet)
        }
    }

    /// Its clients know no such message, only the error that comes next.
    func refuseToken(_ reason: String) {}

    func send(_ message: [UInt8], of visit: RoomVisit) {
        let bytes = ByteBuffer(bytes: message)
        if self.writesBinary {
            for packet in DocumentNotice.binaryMessage(room: visit.name.text, bytes) { self.session?.deliver(packet) }
        } else {
            self.session?.deliver(DocumentNotice.message(room: visit.name.text, bytes))
        }
        self.session?.flush()
    }

    func deliver(_ batch: Batch, of part: DocumentPart, hasLength: Bool, to visit: RoomVisit) {
        switch part {
        case .updates: self.deliver(batch, as: DocumentBody.self, visit)
        case .awareness where hasLength: self.deliver(batch, as: AwarenessBody.self, visit)
        case .awareness: self.deliver(batch, as: BareAwarenessBody.self, visit)
        case .stateless: break
        }
    }

    private func deliver<Body: BatchFormat>(_ batch: Batch, as body: Body.Type, _ visit: RoomVisit) {
        guard self.writesBinary else {
            let payload = batch.encoded(as: SocketIOBatch<Body>.self)
            return self.session?.deliver(EnginePacket(.message, payload)) ?? ()
        }
        let bytes = batch.encoded(as: body)
        for packet in DocumentNotice.binaryMessage(room: visit.name.text, bytes) { self.session?.deliver(packet) }
    }

    func left(_ visit: RoomVisit) {
        if self.visits[visit.name] === visit { self.visits[visit.name] = nil }
    }

    func takePlace(of session: Session) -> Bool { self.session?.takePlace(of: session) ?? false }

    func putOut(_ reason: RoomDismissal) {
        switch reason {
        case .noTokenInTime:
            // Its client does not come back by itself.
            self.session?.send(SocketPacket(.disconnect).packet)
            self.session?.close(.unauthorized, "No token in time")
        case .malformedMessages: self.session?.close(.policyViolation, "Malformed messages")
        }
    }
}
