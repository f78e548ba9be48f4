import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Where peers find STUN and TURN, in the form that `RTCPeerConnection` takes.
enum ICEServerRoutes {
    static func add(to routes: inout RESTRoutes, _ servers: ICEServers) {
        routes.on(.post, "/v1/ice-servers") { call in Self.reply(servers, to: try await call.caller(), at: call.now) }
    }

    private static func reply(_ servers: ICEServers, to caller: Principal, at now: Timestamp) -> Reply {
        let end = servers.end(of: now)
        var reply = Reply(
            .ok,
            .object([
                ("ice_servers", servers.tree(for: caller.id, until: end)), ("ttl", .number(servers.life)),
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

    /// - Parameter user: whose credentials for TURN they are; nil for STUN alone.
    func tree(for user: UserID?, until end: Int64) -> JSONTree {
        var list: [JSONTree] = []
        if !self.stun.isEmpty { list.append(.object([("urls", .texts(self.stun))])) }
        if let user, !self.turn.isEmpty {
            let issued = self.credentials.issue(TURNCredentials.Name(end: end, id: user.rawValue))
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
