import NIOHTTP1

/// Sends each request to its route: the few that carry messages are handled on the connection's loop, all others go to
/// the router in the task lane.
struct Routes: Sendable {
    let router: RouterLane

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
