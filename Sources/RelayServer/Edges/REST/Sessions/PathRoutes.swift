import NIOHTTP1
import RelayCore
import RelaySessions
import RelayWire

/// Which ways a session's peers take to each other, as far as the relays of its store know.
enum PathRoutes {
    @Sendable static func list(_ call: SessionCall) async throws -> Reply {
        let session = try await call.service.session(try call.id, as: try await call.member())
        let ledger = call.services.paths
        let paths = ledger.summaries(
            of: session,
            told: ledger.tells ? try await call.service.pathNews(of: session.id) : []
        )
        return Reply(
            .ok,
            .object([
                ("session_id", .text(session.id.text)), ("paths", .list(paths.map(Self.tree))),
                ("nat_types", .object(Self.members(of: ledger.nats(of: session)))),
            ])
        )
    }

    /// In the order of the peers' names.
    private static func members(of nats: [PeerID: NATClass]) -> [(name: String, value: JSONTree)] {
        nats.map { (name: $0.key.text, value: JSONTree.text($0.value.rawValue)) }
            .sorted { ExactText($0.name) < ExactText($1.name) }
    }

    private static func tree(_ path: PathSummary) -> JSONTree {
        .object([
            ("peers", .texts([path.pair.lower.text, path.pair.higher.text])),
            ("mode", .text(path.mode?.rawValue)),
            ("since", .number(path.since.unixSeconds)),
            ("reason", .text(path.reason.rawValue)),
            ("rtt_ms", path.roundTrip.map { .number($0) } ?? .null),
            ("usage", .list(path.usages.map { Self.tree($0, path.pair) })),
        ])
    }

    private static func tree(_ usage: PathUsage, _ pair: PeerPair) -> JSONTree {
        .object([
            ("mode", .text(usage.mode.rawValue)),
            ("bytes", .list([.number(usage.upward), .number(usage.downward)])),
            ("verified", .flag(usage.isVerified)),
        ])
    }
}
