import RelayCore
import RelayMetrics
import RelayPresence

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
        history: MetricHistory,
        certificate: ServedCertificate?,
        quic: QUICOffer?,
        sessions: SessionEdgeServices,
        documents: DocumentRESTServices,
        presence: PresenceService,
        webhooks: WebhookEdge,
        administration: AdministrationServices,
        showsConsole: Bool
    ) -> RESTResponder {
        var routes = RESTRoutes(services)
        for entry in fast { routes.reserve(entry.method, entry.path) }
        LoginRoutes.add(to: &routes)
        DeviceRoutes.add(to: &routes)
        OpenIDRoutes.add(to: &routes)
        UserRoutes.add(to: &routes)
        RefreshTokenRoutes.add(to: &routes)
        ServiceTokenRoutes.add(to: &routes)
        TopicRoutes.add(to: &routes, administration)
        TopicFiguresRoute.add(to: &routes, administration)
        if services.broker.catalog.scope == .global { GrantRoutes.add(to: &routes) }
        HistoryRoute.add(to: &routes)
        ReaderRoutes.add(to: &routes)
        PresenceRoute.add(to: &routes, presence)
        WebhookRoutes.add(to: &routes, webhooks)
        PollStatisticsRoute.add(to: &routes, waiters)
        ICEServerRoutes.add(to: &routes, iceServers, sessions.service)
        OperationRoutes.add(to: &routes, health, registry) { administration.configuration.configuration.metrics.token }
        MetricHistoryRoute.add(to: &routes, history)
        DescriptionRoutes.add(to: &routes)
        CertificateRoute.add(to: &routes, certificate)
        TransportRoute.add(to: &routes, quic)
        SessionRoutes.add(to: &routes, sessions)
        DocumentRoutes.add(to: &routes, documents)
        AdministrationRoutes.add(to: &routes, administration)
        ClientFiles.folder.add(to: &routes)
        if showsConsole { ConsoleFiles.add(to: &routes) }
        return routes.responder()
    }

    /// The one route of a port for metrics alone.
    ///
    /// - Parameter token: see ``OperationRoutes/addMetrics(to:_:token:)``.
    static func metricsResponder(
        _ services: RESTServices,
        registry: PrometheusRegistry,
        token: @escaping @Sendable () -> Secret?
    ) -> RESTResponder {
        var routes = RESTRoutes(services)
        OperationRoutes.addMetrics(to: &routes, registry, token: token)
        return routes.responder()
    }
}
