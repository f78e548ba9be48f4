/// Tokens for others: each acts for the user who made it, on some topics, for a time.
extension RelayClient {
    /// Makes a token. Its text is in the answer and nowhere else.
    ///
    /// - Parameters:
    ///   - topics: whole names; the user has to own those that there are.
    ///   - prefixes: all topics that the user owns and whose names begin so.
    ///   - permissions: `read`, or `read` and `write`.
    ///   - label: what the user calls it, up to 200 bytes; nil for nothing.
    ///   - peerID: as whom its holder acts, up to 128 bytes; nil for nobody in particular.
    ///   - expiresIn: seconds; nil for the relay's choice.
    /// - Throws: ``RelayError`` with status 403 for a topic of somebody else, 409 where there are too many tokens, 422 for what is no scope.
    public func createServiceToken(
        topics: [String],
        prefixes: [String] = [],
        permissions: [String] = ["read"],
        label: String? = nil,
        peerID: String? = nil,
        expiresIn: Int? = nil
    ) async throws -> NewServiceToken {
        var object = JSONObject([
            ("topics", .array(topics.map(JSONDocument.string))),
            ("prefixes", .array(prefixes.map(JSONDocument.string))),
            ("permissions", .array(permissions.map(JSONDocument.string))),
        ])
        if let label { object.append("label", .string(label)) }
        if let peerID { object.append("peer_id", .string(peerID)) }
        if let expiresIn { object.append("expires_in", .number(JSONNumber(expiresIn))) }
        var call = HTTPCall(.post, ["auth", "tokens"])
        call.body = .json(.object(object))
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(NewServiceToken.init(json:))
    }

    /// Tokens that have neither ended nor been revoked, oldest first.
    ///
    /// - Parameter owner: whose.
    public func serviceTokens(of owner: ListedOwner = .caller) async throws -> [ServiceToken] {
        try await self.list(["auth", "tokens"], query: owner.query, ServiceToken.init(json:))
    }

    /// Ends a token, with the connections that are open by it.
    public func revokeServiceToken(_ id: String) async throws {
        var call = HTTPCall(.delete, ["auth", "tokens", id])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }
}
