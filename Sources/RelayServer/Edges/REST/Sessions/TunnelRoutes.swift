import NIOCore
import NIOHTTP1
import RelaySessions
import RelayWire

/// Tunnels between two peers of a session: asked for, accepted, closed. What goes through one is no affair of these routes.
enum TunnelRoutes {
    @Sendable static func list(_ call: SessionCall) async throws -> Reply {
        let found = try await call.service.tunnels(of: try call.id, as: try await call.member())
        return Reply(.ok, .object([("tunnels", .list(found.tunnels.map(Self.tree)))]))
    }

    @Sendable static func request(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        let target = try await call.fields(["to_peer_id"]) { $0.required("to_peer_id", PeerID.init) }
        let tunnel = try await call.service.requestTunnel(try call.id, to: target, as: principal)
        return Reply(.created, Self.tree(tunnel))
    }

    @Sendable static func accept(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        let tunnel = try await call.service.acceptTunnel(try Self.id(call), of: try call.id, as: principal)
        return Reply(.ok, Self.tree(tunnel))
    }

    @Sendable static func close(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        try await call.service.closeTunnel(try Self.id(call), of: try call.id, as: principal)
        return .noContent
    }

    private static func id(_ call: SessionCall) throws(SessionFailure) -> TunnelID {
        guard let id = TunnelID(call.pathText("tunnel_id")) else { throw .refused(.tunnelUnknown) }
        return id
    }

    private static func tree(_ tunnel: SessionTunnel) -> JSONTree {
        .object([
            ("tunnel_id", .text(tunnel.id.text)),
            ("from_peer_id", .text(tunnel.opener.text)),
            ("to_peer_id", .text(tunnel.target.text)),
            ("state", .text(tunnel.isAccepted ? "accepted" : "requested")),
            ("expires_at", tunnel.pendingUntil.map { .number($0.unixSeconds) } ?? .null),
            ("url", .text("/v1/tunnels/\(tunnel.id)")),
        ])
    }
}
