import Hummingbird

/// All routes that are not on the fast lane.
enum RESTRouter {
    static func responder(_ services: RESTServices) -> any HTTPResponder<RelayRequestContext> {
        let router = Router(context: RelayRequestContext.self)
        router.get("/health") { _, _ in Response(status: .ok) }
        return router.buildResponder()
    }
}
