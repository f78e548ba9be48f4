import HTTPTypes
import RelayCore

/// All routes that are not on the fast lane.
enum RESTRouter {
    static func responder(_ services: RESTServices) -> RESTResponder {
        var routes = RESTRoutes(services)
        self.reserveFastLane(in: &routes)
        LoginRoutes.add(to: &routes)
        UserRoutes.add(to: &routes)
        RefreshTokenRoutes.add(to: &routes)
        TopicRoutes.add(to: &routes)
        if services.broker.catalog.scope == .global { GrantRoutes.add(to: &routes) }
        HistoryRoute.add(to: &routes)
        PollStatisticsRoute.add(to: &routes)
        OperationRoutes.add(to: &routes, StoreHealth(services))
        return routes.responder()
    }

    /// See ``Routes``.
    private static func reserveFastLane(in routes: inout RESTRoutes) {
        routes.reserve(.post, "/api/v1/messages")
        routes.reserve(.post, "/api/v1/messages/bulk")
        routes.reserve(.post, "/messages/poll")
        routes.reserve(.get, "/ws")
        routes.reserve(.get, "/sse")
    }
}
