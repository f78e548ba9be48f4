import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import RelayMetrics
import RelayWire

/// What monitoring asks. Open to everyone, so it tells nothing of users and topics.
enum OperationRoutes {
    static func add(to routes: inout RESTRoutes, _ health: StoreHealth, _ registry: PrometheusRegistry) {
        routes.on(.get, "/health", asking: Self.open, Self.health)
        routes.on(.get, "/ready", asking: Self.open) { _ in Self.readiness(await health.answer()) }
        routes.on(.get, "/metrics", asking: Self.open) { _ in Self.metrics(registry) }
    }

    /// A body is ignored.
    private static let open = Admission.open(maxBodyBytes: 1_024)

    /// The process lives. Says nothing of the store: a relay without it can still be asked to stop.
    @Sendable private static func health(_ call: RESTCall) async throws -> Reply {
        Reply(
            .ok,
            .object([
                ("status", .text("healthy")),
                ("timestamp", .moment(call.now)),
                ("version", .text(RelayVersion.current)),
            ])
        )
    }

    static func readiness(_ answer: StoreHealth.Answer) -> Reply {
        let storage =
            switch answer {
            case .healthy: "ok"
            case .unhealthy: "unhealthy"
            case .late: "error: no answer in time"
            }
        let isReady = answer == .healthy
        return Reply(
            isReady ? .ok : .serviceUnavailable,
            .object([("ready", .flag(isReady)), ("checks", .object([("storage", .text(storage))]))])
        )
    }

    private static func metrics(_ registry: PrometheusRegistry) -> Reply {
        Reply(
            .ok,
            headers: ["content-type": PrometheusRegistry.contentType],
            body: ByteBuffer(string: registry.exposition())
        )
    }
}
