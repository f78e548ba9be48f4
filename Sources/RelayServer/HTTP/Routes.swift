import NIOHTTP1

/// What answers the requests to one path, or to all paths that have no route of their own. Called on the connection's loop.
protocol Route: AnyObject, Sendable {
    /// The head has come, and a body follows: lets the exchange take it (``HTTPConnection/admit(_:)``), or answers.
    func admit(_ exchange: Exchange)

    /// Answers a request that is complete.
    func handle(_ exchange: Exchange)

    /// Whether it turns connections into WebSockets.
    var opensWebSockets: Bool { get }

    /// Whether it opens sessions of WebTransport.
    var opensSessions: Bool { get }
}

extension Route {
    var opensWebSockets: Bool { false }
    var opensSessions: Bool { false }

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
        /// For a family of paths their template.
        let path: String
        /// What all paths of a family begin with; nil for the one path.
        let prefix: String?
        let route: any Route

        init(_ method: HTTPMethod, _ path: String, _ route: any Route) {
            self.method = method
            self.path = path
            self.prefix = nil
            self.route = route
        }

        /// One route for all paths with this beginning.
        init(_ method: HTTPMethod, under prefix: String, template: String, _ route: any Route) {
            self.method = method
            self.path = template
            self.prefix = prefix
            self.route = route
        }

        /// Whether the path is one of the family.
        fileprivate func covers(_ path: Substring) -> Bool {
            guard let prefix = self.prefix, path.hasPrefix(prefix) else { return false }
            return path.utf8.count > prefix.utf8.count
        }
    }

    /// Those that are asked for the most come first.
    let entries: [Entry]
    let others: any Route

    /// - Returns: nil where ``others`` has to answer.
    func entry(_ method: HTTPMethod, _ path: Substring) -> Entry? {
        let length = path.utf8.count
        // Lengths tell nearly all apart.
        let entry = self.entries.first {
            $0.path.utf8.count == length && $0.prefix == nil && $0.path == path && $0.method == method
        }
        return entry ?? self.entries.first { $0.prefix != nil && $0.method == method && $0.covers(path) }
    }
}
