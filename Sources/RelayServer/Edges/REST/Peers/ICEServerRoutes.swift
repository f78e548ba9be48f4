import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// Where peers find STUN and TURN, in the form that `RTCPeerConnection` takes.
enum ICEServerRoutes {
    static func add(to routes: inout RESTRoutes, _ servers: ICEServers, _ sessions: SessionService) {
        routes.on(.post, "/v1/ice-servers", asking: .open(maxBodyBytes: 1_024)) { call in
            let (caller, end) = try await call.memberAndEnd()
            guard let ticket = caller.peer?.ticket else {
                return Self.reply(servers, to: caller.id.rawValue, until: servers.end(of: call.now), at: call.now)
            }
            let id = try await Self.credentialID(of: ticket, caller, sessions)
            // What a ticket opens ends with the ticket. What has begun by then goes on.
            let last = min(servers.end(of: call.now), end.unixSeconds)
            return Self.reply(servers, to: id, until: last, at: call.now)
        }
    }

    /// Of a peer that is in its session: who was put out gets none.
    private static func credentialID(
        of ticket: TicketHolding,
        _ principal: Principal,
        _ sessions: SessionService
    ) async throws -> String {
        let denied = RESTRefusal(Reply(.forbidden, detail: SessionRefusal.notMember.text))
        guard let session = SessionTopicName(path: ticket.root.rawValue)?.session,
            let found = try? await sessions.session(session, as: principal),
            case .peer(let peer) = found.viewer(principal),
            let id = TURNCredentials.Holder(session: session.text, ticket: ticket.id, peer: peer.id.text).id
        else { throw denied }
        return id
    }

    private static func reply(_ servers: ICEServers, to id: String, until end: Int64, at now: Timestamp) -> Reply {
        let life = max(0, end - now.microseconds / 1_000_000)
        var reply = Reply(
            .ok,
            .object([
                ("ice_servers", servers.tree(for: id, until: end)), ("ttl", .number(life)),
                ("expires_at", .moment(Timestamp(microseconds: end * 1_000_000))),
            ])
        )
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }
}

extension ICEServers {
    /// When credentials end that are made now, in Unix seconds.
    func end(of now: Timestamp) -> Int64 { now.microseconds / 1_000_000 + self.life }

    /// - Parameter id: whose credentials for TURN they are, a user's or a ticket's; nil for STUN alone.
    func tree(for id: String?, until end: Int64) -> JSONTree {
        var list: [JSONTree] = []
        if !self.stun.isEmpty { list.append(.object([("urls", .texts(self.stun))])) }
        if let id, !self.turn.isEmpty {
            let issued = self.credentials.issue(TURNCredentials.Name(end: end, id: id))
            list.append(
                .object([
                    ("urls", .texts(self.turn)), ("username", .text(issued.username)),
                    ("credential", .text(issued.password)),
                ])
            )
        }
        return .list(list)
    }
}
