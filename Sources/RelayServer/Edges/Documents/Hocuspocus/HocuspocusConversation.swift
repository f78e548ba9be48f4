import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// What a Hocuspocus client and the relay say to each other over a WebSocket that carries any number of documents. Lives on its connection's
/// loop.
///
/// While somebody's token is checked and a document is loaded, the WebSocket is not read. So what waits for a decision is only what a client
/// says about a document before it says who it is.
final class HocuspocusConversation {
    /// Bytes: a name and a session's number.
    private static let longestAddress = 1_024

    /// Nil before it is open, and once it closes or is gone.
    private(set) var connection: WebSocketConnection?
    let loop: DeliveryLoop
    private let services: DocumentServices
    private let entrance: DocumentEntrance
    private let query: DocumentVisit.Query
    /// Nil once the client is known.
    private var stranger: DocumentStranger?
    private var documents: [HocuspocusAddress: HocuspocusDocument] = [:]
    private var undecided = UndecidedFrames()
    private var idleness = HocuspocusIdleness(openedAt: .now())
    private var timer: Scheduled<Void>?
    private var malformed = MalformedCount()

    /// - Parameters:
    ///   - opener: of the token that the WebSocket was opened with.
    ///   - stranger: where there was none.
    ///   - query: of the WebSocket's address.
    init(
        _ opener: Session?,
        _ stranger: DocumentStranger?,
        _ query: DocumentVisit.Query,
        _ services: DocumentServices,
        on loop: DeliveryLoop
    ) {
        self.query = query
        self.entrance = DocumentEntrance(services: services, opener: opener, address: stranger?.address)
        self.stranger = stranger
        self.services = services
        self.loop = loop
    }

    private func close(_ code: WebSocketErrorCode, _ reason: String) { self.connection?.close(code, reason) }

    private func schedule(at moment: NIODeadline, _ body: @escaping () -> Void) {
        self.timer?.cancel()
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(deadline: moment, body)
    }

    private func watchTime() {
        let hasDocument = self.documents.values.contains { $0.isAccepted }
        switch self.idleness.verdict(at: .now(), hasDocument: hasDocument) {
        case .close: self.close(.connectionTimeout, "Connection timeout")
        case .lookAgain(let moment): self.schedule(at: moment) { [weak self] in self?.watchTime() }
        }
    }
}

// MARK: - The WebSocket

extension HocuspocusConversation: SocketConversation {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        guard let stranger = self.stranger else { return self.watchTime() }
        stranger.onExcess { [weak self] in self?.close(.unauthorized, "Too much before a token") }
        self.schedule(at: .now() + self.services.strangers.patience) { [weak self] in
            self?.close(.unauthorized, "No token in time")
        }
    }

    func closed() {
        self.timer?.cancel()
        self.timer = nil
        self.connection = nil
        self.undecided.removeAll()
        let documents = self.documents.values
        self.documents = [:]
        for document in documents { document.stop() }
    }

    func drained() {
        for document in Array(self.documents.values) { document.drained() }
    }

    /// Clients close a connection over which nothing has come for 30 s.
    var keepAlive: ByteBuffer? { self.documents.values.first { $0.isAccepted }?.keepAlive }

    var facts: ConnectionFacts? {
        let accepted = self.documents.values.filter(\.isAccepted)
        return ConnectionFacts(.hocuspocus, user: accepted.first?.user, topics: accepted.count)
    }

    /// Its clients come again after most codes.
    var endedByAdministrator: WebSocketErrorCode { .forbidden }

    /// It has times of its own.
    var idleReason: String? { nil }

    /// No client of this protocol sends any.
    func received(text: ByteBuffer) { self.receivedNonsense() }

    func received(binary: ByteBuffer) {
        self.idleness.heard(at: .now())
        let bytes = Array(binary.readableBytesView)
        guard !HocuspocusMessage.isHeartbeat(bytes) else { return }
        do throws(DocumentError) {
            let message = try HocuspocusMessage(bytes.span)
            guard !message.address.isEmpty, message.address.count <= Self.longestAddress else { throw .malformed }
            let address = HocuspocusAddress(String(decoding: bytes[message.address], as: UTF8.self))
            try self.received(message, of: address, in: bytes)
        } catch {
            self.receivedNonsense()
        }
    }

    private func receivedNonsense() {
        self.services.metrics.refused(.malformed)
        if self.malformed.note() { self.close(.resetConnection, "Malformed messages") }
    }

    private func received(
        _ message: HocuspocusMessage,
        of address: HocuspocusAddress,
        in bytes: [UInt8]
    ) throws(DocumentError) {
        switch message.content {
        case .authenticate(let token): self.authenticate(String(decoding: bytes[token], as: UTF8.self), address)
        case let content:
            if let document = self.documents[address] { return try document.received(content, in: bytes) }
            guard content != .close else { return _ = self.undecided.take(address) }
            let isKept = self.undecided.add(
                bytes,
                of: address,
                in: self.services.sockets.memory,
                self.stranger == nil ? .requests : .strangers
            )
            if !isKept { self.close(.resetConnection, "Too much before a token") }
        }
    }
}

// MARK: - Who the client is

extension HocuspocusConversation {
    private func authenticate(_ token: String, _ address: HocuspocusAddress) {
        self.entrance.session(token, for: self) { result in
            switch result {
            case .failure(let error): self.refuse(address, error.detail)
            case .success(let session):
                guard let document = self.documents[address] else { return self.welcome(address, session) }
                guard document.user == session.account.id else {
                    return self.refuse(address, "The token is another user's")
                }
                document.adopt(session)
            }
        }
    }

    /// The client is not let in, or not any more. It may try again.
    private func refuse(_ address: HocuspocusAddress, _ reason: String) {
        _ = self.undecided.take(address)
        self.documents.removeValue(forKey: address)?.stop()
        let head = HocuspocusFrame.address(address.bytes)
        self.send(head, ByteBuffer(bytes: HocuspocusFrame.denied(reason: reason)))
    }

    /// Asks the webhook, where there is one, whether the client may enter.
    private func welcome(_ address: HocuspocusAddress, _ session: Session) {
        guard let name = DocumentName(address.name) else {
            return self.refuse(address, "This is no name of a document")
        }
        if let stranger = self.stranger, session !== Session.anonymous {
            guard self.becomeKnown(stranger, session) else { return self.refuse(address, "Too many connections") }
        }
        guard let webhook = self.services.webhook, let principal = session.standingPrincipal(requiring: .read) else {
            return self.open(address, name, as: session, nil)
        }
        let query = self.query
        self.suspend { () -> DocumentWebhook.Verdict in
            await webhook.verdict(on: principal, entering: name, query: query)
        } then: { (verdict: DocumentWebhook.Verdict) in
            switch verdict {
            case .admitted(let visit): self.open(address, name, as: session, visit)
            case .refused: self.refuse(address, "Forbidden")
            case .unanswered: self.refuse(address, "Try again later")
            }
        }
    }

    private func open(_ address: HocuspocusAddress, _ name: DocumentName, as session: Session, _ visit: DocumentVisit?)
    {
        self.entrance.open(name, as: session, for: self) { opened in
            switch opened {
            case .failure(let refusal): self.refuse(address, refusal.clientText)
            case .success(let use): self.enter(address, use, as: session, visit)
            }
        }
    }

    private func enter(_ address: HocuspocusAddress, _ use: DocumentUse, as session: Session, _ visit: DocumentVisit?) {
        // Who needs no token is a stranger until a document says so.
        if let stranger = self.stranger, !self.becomeKnown(stranger, session) {
            return self.refuse(address, "Too many connections")
        }
        let member = DocumentMember(session, use, self.services, on: self.loop, telling: .hocuspocus)
        let document = HocuspocusDocument(address, member, visit, of: self)
        self.documents[address] = document
        document.start()
    }

    private func becomeKnown(_ stranger: DocumentStranger, _ session: Session) -> Bool {
        guard let connection = self.connection, stranger.become(session, on: connection, self.services) else {
            return false
        }
        self.stranger = nil
        self.watchTime()
        return true
    }
}

// MARK: - Its documents

extension HocuspocusConversation {
    /// The client is in the document: what it has said before is heard now.
    func accepted(_ document: HocuspocusDocument) {
        for bytes in self.undecided.take(document.address) {
            guard self.documents[document.address] === document else { return }
            do throws(DocumentError) {
                try document.received(try HocuspocusMessage(bytes.span).content, in: bytes)
            } catch {
                self.receivedNonsense()
            }
        }
    }

    /// The relay ends the client's part in a document.
    func dismiss(_ document: HocuspocusDocument, _ message: [UInt8]) {
        document.stop()
        self.dismissed(document, message)
    }

    /// It has ended by itself.
    func dismissed(_ document: HocuspocusDocument, _ message: [UInt8]) {
        self.documents[document.address] = nil
        _ = self.undecided.take(document.address)
        self.send(HocuspocusFrame.address(document.address.bytes), ByteBuffer(bytes: message))
    }

    /// The client has left a document.
    func forget(_ document: HocuspocusDocument) {
        self.documents[document.address] = nil
        document.stop()
    }

    /// - Parameters:
    ///   - head: the address.
    ///   - body: a message.
    func send(_ head: [UInt8], _ body: ByteBuffer) {
        self.deliver(head, body)
        self.flush()
    }

    /// Goes out with the next ``flush()``.
    func deliver(_ head: [UInt8], _ body: ByteBuffer) {
        guard let connection = self.connection else { return }
        connection.deliver(Self.frameHead(head, body.readableBytes))
        connection.deliver(body)
    }

    /// A frame's header and the address: what stands in front of bytes that many share.
    private static func frameHead(_ head: [UInt8], _ size: Int) -> ByteBuffer {
        let size = head.count + size
        var bytes = ByteBuffer()
        bytes.reserveCapacity(WebSocketFraming.headerSize(payloadSize: size) + head.count)
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &bytes)
        bytes.writeBytes(head)
        return bytes
    }
}
