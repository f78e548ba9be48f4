import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import RelayCore
import RelayMetrics
import RelayWire

/// What monitoring asks. Open to everyone, so it tells nothing of users and topics. The metrics may have a token of their own.
enum OperationRoutes {
    static func add(
        to routes: inout RESTRoutes,
        _ health: HealthChecks,
        _ registry: PrometheusRegistry,
        token: @escaping @Sendable () -> Secret?
    ) {
        routes.on(.get, "/health", asking: Self.open) { Self.health(health.atHand, at: $0.now) }
        routes.on(.get, "/health/liveness", asking: Self.open) { call in
            Self.probe([HealthCheck(name: "liveness", status: .healthy)], at: call.now)
        }
        routes.on(.get, "/health/readiness", asking: Self.open) { Self.probe(await health.asked(), at: $0.now) }
        routes.on(.get, "/ready", asking: Self.open) { _ in
            Self.readiness(await health.storage.answer(), isDraining: health.draining.isUnderWay)
        }
        Self.addMetrics(to: &routes, registry, token: token)
    }

    /// - Parameter token: what has to be shown now; nil where nothing has to be.
    static func addMetrics(
        to routes: inout RESTRoutes,
        _ registry: PrometheusRegistry,
        token: @escaping @Sendable () -> Secret?
    ) {
        routes.on(.get, "/metrics", asking: Self.open) { call in
            Self.shows(token(), call) ? Self.metrics(registry) : Self.tokenMissing
        }
        routes.on(.get, "/metrics/json", asking: Self.open) { call in
            Self.shows(token(), call) ? Self.summary(registry) : Self.tokenMissing
        }
    }

    /// By digests, whose comparison takes as long wherever they differ.
    private static func shows(_ token: Secret?, _ call: RESTCall) -> Bool {
        guard let token else { return true }
        let shown = call.request.headers[values: .authorization]
        guard shown.count == 1, shown[0].prefix(7).lowercased() == "bearer " else { return false }
        return SHA256.hash(data: Data(shown[0].dropFirst(7).utf8)) == SHA256.hash(data: Data(token.value.utf8))
    }

    private static var tokenMissing: Reply {
        var reply = Reply(.unauthorized, detail: "This relay shows its metrics to who has its metrics_token")
        reply.headers.add(name: "www-authenticate", value: "Bearer")
        return reply
    }

    /// A body is ignored.
    private static let open = Admission.open(maxBodyBytes: 1_024)

    /// The process lives, whatever its checks say: a relay without its store can still be asked to stop.
    private static func health(_ checks: [HealthCheck], at now: Timestamp) -> Reply {
        Reply(
            .ok,
            .object([
                ("status", .text(HealthCheck.overall(checks).rawValue)), ("timestamp", .moment(now)),
                ("service", .text("pulsar-relay")), ("version", .text(RelayVersion.current)),
                ("checks", .list(checks.map(\.tree))),
            ])
        )
    }

    /// For orchestrators, with the time in whole seconds.
    private static func probe(_ checks: [HealthCheck], at now: Timestamp) -> Reply {
        let status = HealthCheck.overall(checks)
        return Reply(
            status == .unhealthy ? .serviceUnavailable : .ok,
            .object([
                ("status", .text(status.rawValue)), ("timestamp", .number(now.microseconds / 1_000_000)),
                ("checks", .list(checks.map(\.tree))),
            ])
        )
    }

    static func readiness(_ answer: StoreHealth.Answer, isDraining: Bool = false) -> Reply {
        let storage =
            switch answer {
            case .healthy: "ok"
            case .unhealthy: "unhealthy"
            case .late: "error: no answer in time"
            }
        let isReady = answer == .healthy && !isDraining
        var checks = [(name: "storage", value: JSONTree.text(storage))]
        if isDraining { checks.append((name: "draining", value: .text("the relay has been told to stop"))) }
        return Reply(
            isReady ? .ok : .serviceUnavailable,
            .object([("ready", .flag(isReady)), ("checks", .object(checks))])
        )
    }

    /// Which metrics there are, without their values.
    private static func summary(_ registry: PrometheusRegistry) -> Reply {
        let metrics = registry.summaries()
        return Reply(
            .ok,
            .object([
                ("total_metrics", .number(Int64(metrics.count))),
                (
                    "metrics",
                    .list(
                        metrics.map { metric in
                            .object([
                                ("name", .text(metric.name)), ("help", .text(metric.help ?? "")),
                                ("type", .text(metric.kind.rawValue.uppercased())),
                                ("metrics", .number(Int64(metric.series))),
                            ])
                        }
                    )
                ),
            ])
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
