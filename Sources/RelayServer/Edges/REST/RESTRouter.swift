import RelayCore
import RelayMetrics

/// All routes that are not on the fast lane.
enum RESTRouter {
    /// - Parameter fast: what is answered elsewhere: see ``Routes``.
    static func responder(
        _ services: RESTServices,
        beside fast: [Routes.Entry],
        health: HealthChecks,
        waiters: PollWaiters,
        iceServers: ICEServers,
        registry: PrometheusRegistry,
        sessions: SessionEdgeServices,
        documents: DocumentRESTServices
    ) -> RESTResponder {
        var routes = RESTRoutes(services)
        for entry in fast { routes.reserve(entry.method, entry.path) }
        LoginRoutes.add(to: &routes)
        UserRoutes.add(to: &routes)
        RefreshTokenRoutes.add(to: &routes)
        TopicRoutes.add(to: &routes)
        if services.broker.catalog.scope == .global { GrantRoutes.add(to: &routes) }
        HistoryRoute.add(to: &routes)
        PollStatisticsRoute.add(to: &routes, waiters)
        ICEServerRoutes.add(to: &routes, iceServers, sessions.service)
        OperationRoutes.add(to: &routes, health, registry)
        SessionRoutes.add(to: &routes, sessions)
        DocumentRoutes.add(to: &routes, documents)
        return routes.responder()
    }

    /// The one route of a port for metrics alone.
    static func metricsResponder(_ services: RESTServices, registry: PrometheusRegistry) -> RESTResponder {
        var routes = RESTRoutes(services)
        OperationRoutes.addMetrics(to: &routes, registry)
        return routes.responder()
    }
}
