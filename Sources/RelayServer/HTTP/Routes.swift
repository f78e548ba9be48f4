import NIOHTTP1
import RelayAccess
import RelayCore

/// Sends each request to its route: the few that carry messages are handled on the connection's loop, all others go to
/// the router in the task lane.
///
/// A class, so that a request on its way through counts one reference and not one for each part.
final class Routes: Sendable {
    private let router: RouterLane

    init(router: RouterLane) {
        self.router = router
    }

    /// Bodies of requests that have none by their nature are let in up to so many bytes, and ignored.
    private static let maxIgnoredBytes = 1_024

    /// Settles at the head whether the body that follows is wanted.
    func admit(_ exchange: Exchange) {
        let takeBody = { (exchange: Exchange, _: Session, _: Principal) in exchange.connection.admit(exchange) }
        switch (exchange.head.method, exchange.path) {
        case (.POST, "/api/v1/messages"): PublishRoute.admit(exchange, then: takeBody)
        case (.POST, "/api/v1/messages/bulk"): BulkPublishRoute.admit(exchange, then: takeBody)
        case (.POST, "/messages/poll"): PollRoute.admit(exchange, then: takeBody)
        case (.GET, "/ws"), (.GET, "/sse"):
            exchange.maxBodyBytes = Self.maxIgnoredBytes
            exchange.connection.admit(exchange)
        default: self.router.admit(exchange)
        }
    }

    /// Answers a request that is complete.
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
