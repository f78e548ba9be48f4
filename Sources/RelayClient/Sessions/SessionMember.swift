/// A peer in a session, with a client that acts as it, and a ticket that is kept fresh.
public struct SessionMember: Sendable {
    /// Its session.
    public let sessionID: String
    /// Who it is there.
    public let peerID: String
    /// The host's peer id at the time of joining; nil where there was none, or where it is not known.
    public let hostPeerID: String?
    private let base: RelayClient
    let tickets: TicketStore

    /// How often ``keepAlive()`` tells the relay that the peer is there. A ticket lasts three times as long, unless the relay's
    /// `session_ticket_seconds` says otherwise.
    public static let heartbeatInterval = Duration.seconds(300)

    /// - Parameters:
    ///   - place: what the join has given.
    ///   - client: whose endpoint and configuration the member has too.
    public init(_ place: SessionPlace, like client: RelayClient) {
        self.init(
            place.ticket,
            of: place.peerID,
            in: place.sessionID,
            until: place.ticketExpiresAt,
            resume: place.resume,
            host: place.hostPeerID,
            like: client
        )
    }

    /// - Parameters:
    ///   - ticket: a peer's, got elsewhere.
    ///   - client: whose endpoint and configuration the member has too.
    /// - Throws: ``RelayError`` with code `invalidInput` where it is no peer's ticket.
    public init(ticket: String, like client: RelayClient) throws(RelayError) {
        let claims = try SessionTicket(ticket)
        guard let peer = claims.peerID else {
            throw RelayError(.invalidInput, detail: "this token only lets somebody in; a peer's ticket is wanted")
        }
        self.init(ticket, of: peer, in: claims.sessionID, until: claims.expiresAt, resume: nil, host: nil, like: client)
    }

    private init(
        _ ticket: String,
        of peerID: String,
        in sessionID: String,
        until expiresAt: Int,
        resume: String?,
        host: String?,
        like client: RelayClient
    ) {
        self.sessionID = sessionID
        self.peerID = peerID
        self.hostPeerID = host
        let guest = RelayClient(
            endpoint: client.endpoint,
            credentials: .stored,
            configuration: client.configuration,
            httpClient: client.httpClient
        )
        self.tickets = TicketStore(
            ticket,
            of: peerID,
            in: sessionID,
            until: expiresAt,
            resume: resume,
            guest: guest
        )
        self.base = client
    }

    /// Acts with the ticket, for what is this session's alone. Of its own each time: a ticket is another one after the peer has left and come
    /// back, and the relay does not say of the old one that another is needed.
    public var client: RelayClient { self.client(at: self.base) }

    /// The session's own topic.
    public var topic: String { "session/\(self.sessionID)" }

    /// Tells the relay now and again that the peer is there: that renews its ticket, and the host's puts the session's end off. Runs until
    /// it is cancelled.
    ///
    /// - Throws: ``RelayError`` once the peer is not in the session any more, or the session is over.
    public func keepAlive() async throws {
        while true {
            try await self.client.configuration.clock.sleep(for: Self.heartbeatInterval)
            do {
                _ = try await self.tickets.heartbeat()
            } catch let error as RelayError where error.code == .unavailable {
                // The ticket lasts longer, and a reader of the session shows the peer meanwhile.
                continue
            } catch let error as RelayError where error.status == 403 {
                // It was away for too long.
                try await self.tickets.confirm()
            }
        }
    }

    /// Sees to it that the peer is in the session: one that was away for too long joins again by its ticket.
    ///
    /// - Throws: ``RelayError`` where it may not, or the session is over.
    public func confirm() async throws { try await self.tickets.confirm() }

    /// Acts with the same ticket at another node of the relay.
    ///
    /// - Parameter node: whose endpoint and configuration it has.
    public func client(at node: RelayClient) -> RelayClient {
        RelayClient(
            endpoint: node.endpoint,
            credentials: .stored,
            store: self.tickets,
            configuration: node.configuration,
            httpClient: node.httpClient
        )
    }

    /// Joins again after the peer has left.
    ///
    /// - Parameters:
    ///   - node: where.
    ///   - token: what to join by; nil for the peer's own ticket.
    public func comeBack(at node: RelayClient, by token: String? = nil) async throws {
        self.tickets.take(try await node.join(by: token ?? self.tickets.ticket, as: self.peerID, asGuest: true))
    }

    /// Leaves the session. Also where the calling task is cancelled.
    public func leave() async throws { try await self.tickets.post("leave") }

    /// Ends the session, as its host. Also where the calling task is cancelled.
    public func closeSession() async throws { try await self.tickets.post("close") }
}
