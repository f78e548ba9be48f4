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
        var list: [JSONTree] = []
        if !servers.stun.isEmpty { list.append(.object([("urls", .texts(servers.stun))])) }
        let end = now.microseconds / 1_000_000 + servers.life
        if !servers.turn.isEmpty {
            let issued = servers.credentials.issue(TURNCredentials.Name(end: end, id: caller.id.rawValue))
            list.append(
                .object([
                    ("urls", .texts(servers.turn)), ("username", .text(issued.username)),
                    ("credential", .text(issued.password)),
                ])
            )
        }
        var reply = Reply(
            .ok,
            .object([
                ("ice_servers", .list(list)), ("ttl", .number(servers.life)),
                ("expires_at", .moment(Timestamp(microseconds: end * 1_000_000))),
            ])
        )
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }
}
