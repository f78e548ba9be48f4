import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `GET /api/v1/admin/history`: the last hour of the relay that answers, as columns: the same place in each is the same moment.
enum MetricHistoryRoute {
    static func add(to routes: inout RESTRoutes, _ history: MetricHistory) {
        routes.on(.get, "/api/v1/admin/history", asking: .caller(.admin), isList: true) { call in
            _ = try await call.caller()
            return Reply(.ok, Self.tree(history))
        }
    }

    private static func tree(_ history: MetricHistory) -> JSONTree {
        let samples = history.all
        let (now, uptime) = (history.clock.now(), history.clock.uptime())
        let figures = HistoryFigure.all.enumerated().map { index, figure in
            (name: figure.name, value: JSONTree.list(samples.map { .decimal($0.values[index]) }))
        }
        let moments = samples.map { sample in
            JSONTree.moment(Timestamp(microseconds: now.microseconds - (uptime - sample.at).nanoseconds / 1_000))
        }
        return .object([
            ("now", .moment(now)),
            ("interval_seconds", .number(MetricHistory.interval.components.seconds)),
            ("times", .list(moments)),
            ("figures", .object(figures)),
            ("publish_seconds_bounds", .list(history.latencyBounds.map { .decimal($0) })),
            ("publish_seconds_counts", .list(samples.map { .list($0.latencies.map { .number(Int64(clamping: $0)) }) })),
        ])
    }
}
