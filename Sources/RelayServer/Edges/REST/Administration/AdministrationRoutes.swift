/// `/api/v1/admin`: what administrators look at and do beyond users and topics.
enum AdministrationRoutes {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        ConfigurationRoutes.add(to: &routes, services)
        NodeRoutes.add(to: &routes, services)
        ConnectionRoutes.add(to: &routes, services)
        AllTopicsRoute.add(to: &routes, services)
        AllSessionsRoute.add(to: &routes, services)
        AuditRoute.add(to: &routes, services.audit)
    }
}
