import NIOHTTP1

/// Sends each request to its route: the few that carry messages are handled on the connection's loop, all others go to
/// the router in the task lane.
///
/// A class, so that a request on its way through counts one reference and not one for each part.
final class Routes: Sendable {
    private let router: RouterLane

    init(router: RouterLane) {
        self.router = router
    }

    func handle(_ exchange: Exchange) {
        switch (exchange.head.method, exchange.path) {
        case (.POST, "/api/v1/messages"): PublishRoute.handle(exchange)
        case (.POST, "/api/v1/messages/bulk"): BulkPublishRoute.handle(exchange)
        case (.POST, "/messages/poll"): PollRoute.handle(exchange)
        case (.GET, "/ws"): WebSocketRoute.handle(exchange)
        case (.GET, "/sse"): EventStreamRoute.handle(exchange)
        default: self.router.handle(exchange)
        }
    }
}
