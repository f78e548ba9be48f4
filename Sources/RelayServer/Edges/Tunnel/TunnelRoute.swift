import NIOCore
import NIOHTTP1
import RelayCore
import RelaySessions
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

    init(
        access: RequestAccess,
        joiner: Joiner,
        sockets: WebSocketServices,
        tunnels: TunnelServices,
        sessions: SessionService,
        paths: PathLedger
    ) {
        self.access = access
        self.joiner = joiner
        self.sockets = sockets
        self.tunnels = tunnels
        self.sessions = sessions
        self.paths = paths
    }

    /// What a client asks for.
    private struct Request: Sendable {
        let tunnel: TunnelID
        let session: SessionID
        let principal: Principal

        /// The session's root.
        var topic: TopicKey { TopicKey(name: SessionTopicName(self.session).topicName) }
    }

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            self.access.admitReader(exchange) { exchange, session in
                guard let principal = session.standingPrincipal(requiring: .read) else {
                    return exchange.answer(Reply(.forbidden, detail: "Not allowed"))
                }
                guard let request = Self.request(exchange, principal) else { return exchange.answer(Self.unknown) }
                let watch = TunnelWatch(session: session, loop: exchange.loop, tunnel: request.tunnel.text)
                self.find(request, for: exchange) { grant in
                    self.open(exchange, headers, request, grant, watch)
                }
            }
        }
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

    private func find(_ request: Request, for exchange: Exchange, then body: @escaping (TunnelGrant) -> Void) {
        let sessions = self.sessions
        exchange.suspend {
            do throws(SessionFailure) {
                return .success(try await sessions.tunnels(of: request.session, as: request.principal))
            } catch {
                return .failure(error)
            }
        } then: { (found: Result<PeerTunnels, SessionFailure>) in
            switch found {
            case .failure(let failure):
                exchange.answer(Reply(HTTPResponseStatus(statusCode: failure.code.status), detail: failure.text))
            case .success(let found):
                guard let tunnel = found.tunnels.first(where: { $0.id == request.tunnel }) else {
                    return exchange.answer(Self.unknown)
                }
                guard tunnel.isAccepted else {
                    return exchange.answer(Reply(.conflict, detail: "The tunnel is not accepted yet"))
                }
                body(self.grant(tunnel, request, as: found.peer))
            }
        }
    }

    private func grant(_ tunnel: SessionTunnel, _ request: Request, as peer: PeerID) -> TunnelGrant {
        let isOpener = tunnel.opener == peer
        return TunnelGrant(
            tunnel: "\(request.session)/\(tunnel.id)",
            side: isOpener ? .opener : .target,
            bandwidth: self.tunnels.bandwidth(of: request.session.text),
            path: self.paths.use(.tunnel, from: peer, to: isOpener ? tunnel.target : tunnel.opener, in: request.session)
        )
    }

    /// The end follows its session from before it opens: so it misses no end of it.
    private func open(
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        _ request: Request,
        _ grant: TunnelGrant,
        _ watch: TunnelWatch
    ) {
        self.joiner.join([request.topic], for: exchange, sink: watch, as: request.principal.peer?.id) { _, _ in
            .tail
        } then: { joined in
            switch consume joined {
            case .failure(let refusal): exchange.answer(Reply(refusal))
            case .success(let joined):
                watch.start(joined)
                let isOpen = self.sockets.upgrade(exchange, headers, of: watch.userID) {
                    TunnelEnd(grant, services: self.tunnels, eventLoop: exchange.loop.eventLoop, watch: watch)
                }
                if !isOpen { watch.stop() }
            }
        }
    }
}
