import NIOHTTP1

/// What answers the requests to one path, or to all paths that have no route of their own. Called on the connection's loop.
protocol Route: AnyObject, Sendable {
    /// The head has come, and a body follows: lets the exchange take it (``HTTPConnection/admit(_:)``), or answers.
    func admit(_ exchange: Exchange)

    /// Answers a request that is complete.
    func handle(_ exchange: Exchange)
}

extension Route {
    /// For requests that have no body by their nature: a small one is let in, and ignored.
    func admit(_ exchange: Exchange) {
        exchange.maxBodyBytes = 1_024
        exchange.connection.admit(exchange)
    }
}

/// Which route answers a request: the few that are handled on the connection's loop, by their paths, and one for all others.
struct Routes: Sendable {
    struct Entry: Sendable {
        let method: HTTPMethod
        let path: String
        let route: any Route

        init(_ method: HTTPMethod, _ path: String, _ route: any Route) {
            self.method = method
            self.path = path
            self.route = route
        }
    }

    /// Those that are asked for the most come first.
    let entries: [Entry]
    let others: any Route

    /// - Returns: nil where ``others`` has to answer.
    func entry(_ method: HTTPMethod, _ path: Substring) -> Entry? {
        let length = path.utf8.count
        // Lengths tell nearly all apart.
        return self.entries.first { $0.path.utf8.count == length && $0.path == path && $0.method == method }
    }
}
