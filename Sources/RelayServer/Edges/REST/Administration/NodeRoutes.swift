import HTTPTypes
import NIOHTTP1
import RelayCore
import RelayWire

/// `/api/v1/admin/nodes`: the relays of the store, and how each does.
enum NodeRoutes {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(.get, "/api/v1/admin/nodes", asking: .caller(.admin)) { call in
            _ = try await call.caller()
            let nodes = try await services.known()
            return Reply(.ok, .list(nodes.map { Self.tree($0, services.directory) }))
        }
    }

    private static func tree(_ node: KnownNode, _ directory: NodeDirectory) -> JSONTree {
        let facts = node.facts
        let started = Timestamp(microseconds: facts.startedAt)
        return .object([
            ("node", .text(node.id)),
            ("self", .flag(node.isSelf)),
            ("url", .text(facts.url)),
            ("host", .text(facts.host)),
            ("process", .number(Int64(facts.process))),
            ("version", .text(facts.version)),
            ("status", .text(directory.isSilent(node) ? "silent" : facts.status)),
            ("draining", .flag(facts.isDraining)),
            ("checks", .list(facts.checks.map(Self.tree))),
            ("started_at", .moment(started)),
            ("uptime_seconds", .number(max(0, (node.saidAt.microseconds - facts.startedAt) / 1_000_000))),
            ("seen_at", .moment(node.saidAt)),
            (
                "memory",
                .object([
                    ("held_bytes", .number(Int64(facts.memory.held))),
                    ("limit_bytes", .number(Int64(facts.memory.limit))),
                    ("resident_bytes", facts.memory.resident.map { .number(Int64($0)) } ?? .null),
                ])
            ),
            ("connections", .number(Int64(facts.connections))),
            ("topics_in_memory", .number(Int64(facts.topicsInMemory))),
            ("sessions", .number(Int64(facts.sessions))),
            (
                "storage",
                .object([("backend", .text(facts.storage.backend)), ("status", .text(facts.storage.status))])
            ),
            ("reachable", .flag(node.isSelf || node.address != nil)),
        ])
    }

    private static func tree(_ check: NodeFacts.Check) -> JSONTree {
        .object([
            ("name", .text(check.name)), ("status", .text(check.status)), ("message", .text(check.message)),
            ("duration_ms", .number(check.milliseconds)),
        ])
    }
}
