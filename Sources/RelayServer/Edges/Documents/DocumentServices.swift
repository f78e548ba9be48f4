import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayEditing
import RelaySessions

/// What connections to documents work with: the same for all, fixed while the relay runs.
final class DocumentServices: Sendable {
    let access: RequestAccess
    let joiner: Joiner
    let publisher: Publisher
    let documents: DocumentService
    private let sessions: SessionService
    let sockets: WebSocketServices
    let metrics: DocumentMetrics
    let strangers: Strangers
    /// Nil where everybody has to show a token.
    let anonymous: AnonymousReaders?
    /// Nil where nobody is told of documents.
    let webhook: DocumentWebhook?

    init(
        access: RequestAccess,
        joiner: Joiner,
        publisher: Publisher,
        documents: DocumentService,
        sessions: SessionService,
        sockets: WebSocketServices,
        metrics: DocumentMetrics,
        strangers: Strangers,
        anonymous: AnonymousReaders?,
        webhook: DocumentWebhook?
    ) {
        self.access = access
        self.joiner = joiner
        self.publisher = publisher
        self.documents = documents
        self.sessions = sessions
        self.sockets = sockets
        self.metrics = metrics
        self.strangers = strangers
        self.anonymous = anonymous
        self.webhook = webhook
    }

    var clock: RelayClock { self.publisher.broker.clock }

    /// Keeps a peer's ticket fresh while it edits; nil for who holds none.
    func renewal(of session: RelayAccess.Session, on loop: DeliveryLoop) -> TicketRenewal? {
        guard let root = session.peer?.ticket?.root, let id = SessionTopicName(path: root.rawValue)?.session else {
            return nil
        }
        return TicketRenewal(of: id, self.sessions, self.access, self.sockets.lane, on: loop)
    }

    /// Has the document in memory, and counts the client among its connections.
    ///
    /// - Parameter address: where people without a token come from: among these their place is counted.
    func open(
        _ name: DocumentName,
        as principal: Principal,
        from address: String?,
        for client: some Suspending,
        then body: @escaping (Result<DocumentUse, DocumentRefusal>) -> Void
    ) {
        let (documents, loop) = (self.documents, client.loop)
        client.suspend { () -> Result<DocumentUse, DocumentRefusal> in
            do throws(DocumentRefusal) {
                return .success(try await documents.open(name, on: loop, as: principal, from: address))
            } catch {
                return .failure(error)
            }
        } then: { (opened: Result<DocumentUse, DocumentRefusal>) in
            body(opened)
        }
    }

    /// A place among a user's connections, or an address's for who shows no token.
    ///
    /// - Returns: nil where there are as many as may be, which the client has been told.
    func takePlace(of principal: Principal, for exchange: Exchange) -> ConnectionQuota.Place? {
        guard principal.isAnonymous, let anonymous = self.anonymous else {
            return self.sockets.takePlace(of: principal.id, for: exchange)
        }
        guard let place = anonymous.places.enter(address: anonymous.clients.key(of: exchange)) else {
            var reply = Reply(.tooManyRequests, detail: "Too many connections without a token")
            reply.headers.add(name: "retry-after", value: "5")
            exchange.answer(reply)
            return nil
        }
        return place
    }

    /// Where people without a token come from; nil for who shows one.
    func address(of principal: Principal, _ exchange: Exchange) -> String? {
        principal.isAnonymous ? self.anonymous?.clients.key(of: exchange) : nil
    }

    /// As ``takePlace(of:for:)`` for who turns out to be somebody while the connection is open.
    ///
    /// - Parameter address: as ``ClientAddress/key(_:)`` has it.
    func place(of session: RelayAccess.Session, at address: String) -> ConnectionQuota.Place? {
        guard session === Session.anonymous else { return self.sockets.places.enter(session.account.id) }
        return self.anonymous?.places.enter(address: address)
    }
}

/// How people without a token are let in.
struct AnonymousReaders: Sendable {
    let places: ConnectionQuota
    let clients: ClientAddress

    var session: RelayAccess.Session { .anonymous }
}

extension DeliveryLoop: DocumentLoop {
    var readers: LoopReaders? { self.current?.readers }
}
