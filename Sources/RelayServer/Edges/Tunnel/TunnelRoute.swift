import NIOCore
import NIOHTTP1
import RelayCore
import RelaySessions
import RelayTelemetry
import RelayTunnels

/// `GET /v1/tunnels/{tunnel_id}`: an end of a tunnel, for the peer that it binds.
///
/// The peer is a ticket's, whose session it is; or an account names the session by `session_id`, and its peer there by `client_id`.
final class TunnelRoute: Route {
    static let prefix = "/v1/tunnels/"
    static let template = "/v1/tunnels/{tunnel_id}"

    private let access: RequestAccess
    private let joiner: Joiner
    private let sockets: WebSocketServices
    private let tunnels: TunnelServices
    private let sessions: SessionService
    private let paths: PathLedger
    private let nodes: RelayNodes

    init(
        access: RequestAccess,
        joiner: Joiner,
        sockets: WebSocketServices,
        tunnels: TunnelServices,
        sessions: SessionService,
        paths: PathLedger,
        nodes: RelayNodes
    ) {
        self.access = access
        self.joiner = joiner
        self.sockets = sockets
        self.tunnels = tunnels
        self.sessions = sessions
        self.paths = paths
        self.nodes = nodes
    }

    /// What a client asks for.
    private struct Request: Sendable {
        let tunnel: TunnelID
        let session: SessionID
        let principal: Principal

        /// The session's root.
        var topic: TopicKey { TopicKey(name: SessionTopicName(self.session).topicName) }
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            self.access.admitReader(exchange) { exchange, session in
                guard let principal = session.standingPrincipal(requiring: .read) else {
                    return exchange.answer(Reply(.forbidden, detail: "Not allowed"))
                }
                guard let request = Self.request(exchange, principal) else { return exchange.answer(Self.unknown) }
                guard let place = self.sockets.takePlace(of: principal.id, for: exchange) else { return }
                let watch = PeerWatch(
                    session,
                    exchange.loop,
                    renewal: self.renewal(of: request.session, on: exchange.loop),
                    place: place
                )
                watch.tunnelClosed = { [weak watch] tunnel in
                    if tunnel == request.tunnel.text { watch?.end(.done, "The tunnel is closed") }
                }
                self.find(request, for: exchange) { place in
                    self.open(place, exchange, headers, request, watch)
                }
            }
        }
    }

    private func renewal(of session: SessionID, on loop: DeliveryLoop) -> TicketRenewal {
        TicketRenewal(of: session, self.sessions, self.access, self.sockets.lane, on: loop)
    }

    private static func request(_ exchange: Exchange, _ principal: Principal) -> Request? {
        let query = QueryItems(exchange.query)
        let principal = principal.acting(as: query.first("client_id"))
        let held = (principal.peer?.ticket?.root).flatMap { SessionTopicName(path: $0.rawValue)?.session }
        guard let tunnel = TunnelID(String(exchange.path.dropFirst(Self.prefix.count))),
            let session = held ?? query.first("session_id").flatMap({ SessionID($0) })
        else { return nil }
        return Request(tunnel: tunnel, session: session, principal: principal)
    }

    /// Who is bound by no such tunnel is told that there is none.
    private static let unknown = Reply(.notFound, detail: "No such tunnel")

    /// What a client's request leads to.
    private enum Finding: Sendable {
        case tunnel(SessionTunnel, side: PipePairs<TunnelEndReference>.Side)
        case unknown
        case notAccepted
        case failed(SessionFailure)
    }

    private func find(_ request: Request, for exchange: Exchange, then body: @escaping (Place) -> Void) {
        let (sessions, nodes) = (self.sessions, self.nodes)
        exchange.suspend {
            do throws(SessionFailure) {
                return try await Self.locate(request, sessions, nodes)
            } catch {
                return .failed(error)
            }
        } then: { (finding: Finding) in
            switch finding {
            case .failed(let failure):
                exchange.answer(Reply(HTTPResponseStatus(statusCode: failure.code.status), detail: failure.text))
            case .unknown: exchange.answer(Self.unknown)
            case .notAccepted: exchange.answer(Reply(.conflict, detail: "The tunnel is not accepted yet"))
            case .tunnel(let tunnel, let side): body(Place(tunnel: tunnel, side: side))
            }
        }
    }

    /// The tunnel, and where its ends meet: here, where this is the first to come to a relay that others can reach.
    private static func locate(
        _ request: Request,
        _ sessions: SessionService,
        _ nodes: RelayNodes
    ) async throws(SessionFailure) -> Finding {
        let found = try await sessions.tunnels(of: request.session, as: request.principal)
        guard var tunnel = found.tunnels.first(where: { $0.id == request.tunnel }) else { return .unknown }
        guard tunnel.isAccepted else { return .notAccepted }
        if tunnel.node == nil, let own = nodes.ownURL {
            let (id, session) = (request.tunnel, request.session)
            tunnel = try await sessions.placeTunnel(id, of: session, at: own, insteadOf: nil, as: request.principal)
        }
        return .tunnel(tunnel, side: tunnel.opener == found.peer ? .opener : .target)
    }

    /// Where an end of a tunnel belongs.
    private struct Place {
        let tunnel: SessionTunnel
        let side: PipePairs<TunnelEndReference>.Side
    }

    private func open(
        _ place: Place,
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        _ request: Request,
        _ watch: PeerWatch
    ) {
        if let node = self.nodes.meetingPlace(of: place.tunnel) {
            return self.connect(place, to: node, exchange, request) { grant in
                self.open(exchange, headers, request, grant, watch)
            }
        }
        let grant = TunnelGrant(
            tunnel: TunnelGrant.name(request.session.text, place.tunnel.id.text),
            side: place.side,
            bandwidth: self.tunnels.bandwidth(of: request.session.text),
            way: .direct,
            path: self.path(place, request)
        )
        self.open(exchange, headers, request, grant, watch)
    }

    private func path(_ place: Place, _ request: Request) -> PathUse? {
        let (opener, target) = (place.tunnel.opener, place.tunnel.target)
        return switch place.side {
        case .opener: self.paths.use(.tunnel, from: opener, to: target, in: request.session)
        case .target: self.paths.use(.tunnel, from: target, to: opener, in: request.session)
        }
    }

    /// The other end is another relay's: a connection to there is the other end here, and is open before the client's is. The two have a
    /// name of their own, since both ends of one tunnel may have come here on their way to a third relay.
    ///
    /// A relay that can't be reached is the meeting place no more: whoever comes next makes this one the place.
    private func connect(
        _ place: Place,
        to node: NodeAddress,
        _ exchange: Exchange,
        _ request: Request,
        then body: @escaping (TunnelGrant) -> Void
    ) {
        let pass = NodePass(
            node: node.description,
            session: request.session.text,
            claim: .tunnel(place.tunnel.id.text, side: place.side.text)
        )
        let name = "\(TunnelGrant.name(pass.session, place.tunnel.id.text)) \(UInt64.random(in: .min ... .max))"
        let path = self.path(place, request)
        let outward = TunnelGrant(tunnel: name, side: place.side, bandwidth: nil, way: .outward, path: path)
        let inward = TunnelGrant(tunnel: name, side: place.side.other, bandwidth: nil, way: .toMeetingPlace)
        let (nodes, sessions, tunnels, loop) = (self.nodes, self.sessions, self.tunnels, exchange.loop.eventLoop)
        let opening = self.sockets.opening(on: exchange.loop) {
            TunnelEnd(inward, services: tunnels, eventLoop: loop, watch: nil)
        }
        let span = exchange.trace?.span?.child("open a tunnel at another relay", .client)
        let trace = span?.context ?? exchange.trace?.context
        exchange.suspend {
            do {
                try await nodes.open(pass, at: node, on: loop, under: trace, opening)
                span?.end()
                return true
            } catch {
                span?.end(failure: "the other relay can't be reached")
                guard let own = nodes.ownURL else { return false }
                _ = try? await sessions.placeTunnel(
                    request.tunnel,
                    of: request.session,
                    at: own,
                    insteadOf: place.tunnel.node,
                    as: request.principal
                )
                return false
            }
        } then: { (isOpen: Bool) in
            guard isOpen else {
                return exchange.answer(
                    Reply(.badGateway, detail: "The relay where the tunnel's ends meet can't be reached")
                )
            }
            body(outward)
        }
    }

    /// The end follows its session from before it opens: so it misses no end of it.
    private func open(
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        _ request: Request,
        _ grant: TunnelGrant,
        _ watch: PeerWatch
    ) {
        self.joiner.join([request.topic], for: exchange, sink: watch, as: request.principal.peer?.id) { _, _ in
            .tail
        } then: { joined in
            switch consume joined {
            case .failure(let refusal): exchange.answer(Reply(refusal))
            case .success(let joined):
                // It may have been closed before the readers joined.
                let session = joined.readers.first?.topic.access.state as? RelaySessions.Session
                guard session?.tunnels.contains(where: { $0.id == request.tunnel }) ?? true else {
                    return exchange.answer(Self.unknown)
                }
                guard let place = watch.takePlace() else { preconditionFailure("one end of a tunnel opened twice") }
                watch.start(joined)
                let isOpen = self.sockets.upgrade(exchange, headers, holding: place) {
                    TunnelEnd(grant, services: self.tunnels, eventLoop: exchange.loop.eventLoop, watch: watch)
                }
                if !isOpen { watch.stop() }
            }
        }
    }
}
