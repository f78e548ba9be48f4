/// What administrators see of the relays and of who uses them. Others get ``RelayError`` with status 403. Entries are as the relay sends them.
extension RelayClient {
    /// The relays of the store: the one that answers first.
    public func nodes() async throws -> [JSONDocument] {
        try await self.list(["api", "v1", "admin", "nodes"]) { $0 }
    }

    /// Connections that are open, by relay and age.
    ///
    /// - Parameters:
    ///   - filters: any of `node`, `kind`, `user_id` and `address`, with the value that entries must have.
    ///   - most: how many at most; nil for all.
    public func connections(_ filters: [(String, String)] = [], most: Int? = nil) async throws -> [JSONDocument] {
        try await self.administered(["connections"], filters, most: most)
    }

    /// Ends a connection. An id that is no open connection's gives status 404.
    public func closeConnection(_ id: String) async throws {
        var call = HTTPCall(.delete, ["api", "v1", "admin", "connections", id])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    /// Acts of administrators and owners, the newest first.
    ///
    /// - Parameters:
    ///   - filters: any of `user_id`, `action`, `target`, `outcome`, `since` and `until`.
    ///   - most: how many at most; nil for all.
    public func auditLog(_ filters: [(String, String)] = [], most: Int? = nil) async throws -> [JSONDocument] {
        try await self.administered(["audit"], filters, most: most)
    }

    /// All topics of the relay's store, whoever owns them.
    ///
    /// - Parameters:
    ///   - filters: any of `owner_id` and `prefix`.
    ///   - most: how many at most; nil for all.
    public func allTopics(_ filters: [(String, String)] = [], most: Int? = nil) async throws -> [JSONDocument] {
        try await self.administered(["topics"], filters, most: most)
    }

    /// Page by page, until there are enough.
    private func administered(_ path: [String], _ filters: [(String, String)], most: Int?) async throws
        -> [JSONDocument]
    {
        var call = HTTPCall(.get, ["api", "v1", "admin"] + path)
        var entries: [JSONDocument] = []
        var cursor: String?
        while true {
            let limit = min(Self.administrationPage, (most ?? .max) - entries.count)
            call.query = filters + [("limit", String(limit))] + (cursor.map { [("cursor", $0)] } ?? [])
            let reply = try await self.reply(to: call)
            entries += try reply.decodedList { $0 }
            cursor = reply.nextCursor
            if cursor == nil || entries.count >= most ?? .max { return Array(entries.prefix(most ?? .max)) }
        }
    }

    private static let administrationPage = 1_000
}

extension RelayClient {
    /// The caller's sign-ins that are good, or another user's: those an administrator may see.
    ///
    /// - Parameter userID: whose; nil for the caller's.
    public func signIns(of userID: String? = nil) async throws -> [JSONDocument] {
        try await self.list(Self.signInsPath(userID)) { $0 }
    }

    /// Ends a sign-in with what it has opened.
    ///
    /// - Parameters:
    ///   - jti: which, as the list has it.
    ///   - userID: whose; nil for the caller's.
    public func endSignIn(_ jti: String, of userID: String? = nil) async throws {
        var call = HTTPCall(.delete, Self.signInsPath(userID) + [jti])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    private static func signInsPath(_ userID: String?) -> [String] {
        userID.map { ["auth", "users", $0, "sessions"] } ?? ["auth", "sessions"]
    }

    /// What `/metrics` says, in the text format of Prometheus.
    ///
    /// - Parameter token: what the relay asks for there; nil for none.
    public func metrics(token: String? = nil) async throws -> String {
        var call = HTTPCall(.get, ["metrics"])
        if let token { call.headers = [("Authorization", "Bearer \(token)")] }
        return String(decoding: try await self.pipeline.reply(to: call, keeper: nil).body, as: UTF8.self)
    }
}
