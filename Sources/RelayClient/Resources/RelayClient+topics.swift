extension RelayClient {
    /// Creates a topic, owned by the caller.
    ///
    /// - Parameters:
    ///   - name: 1 to 255 letters, digits, `_` and `-`. A name that exists gives status 400.
    ///   - isPublic: whether every user may read it.
    ///   - description: at most 500 characters.
    ///   - durability: `memory`, `stored`, `replicated`, `synced`: what the relay's store offers of them. Nil is the relay's setting.
    ///   - anonymous: what people without a token may do with it: `none`, `read`, `write`. Only kinds of topic that know such people take more
    ///     than `none`. Nil is `none`.
    public func createTopic(
        _ name: String,
        isPublic: Bool = false,
        description: String? = nil,
        durability: String? = nil,
        anonymous: String? = nil
    ) async throws -> TopicDetails {
        var object = JSONObject([("topic_name", .string(name)), ("is_public", .bool(isPublic))])
        if let description { object.append("description", .string(description)) }
        if let durability { object.append("durability", .string(durability)) }
        if let anonymous { object.append("anonymous", .string(anonymous)) }
        var call = HTTPCall(.post, Self.topicsPath)
        call.body = .json(.object(object))
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(TopicDetails.init(json:))
    }

    /// The topics that the caller owns or has a grant for.
    public func topics() async throws -> [TopicDetails] {
        try await self.list(Self.topicsPath, TopicDetails.init(json:))
    }

    /// One topic. A name that does not exist gives status 404, one that the caller may not see 403.
    public func topic(_ name: String) async throws -> TopicDetails {
        try await self.reply(to: HTTPCall(.get, Self.topicsPath + [name])).decoded(TopicDetails.init(json:))
    }

    /// What is kept of a topic, for how long, and how many follow it. For who may read it; others get status 403.
    public func figures(of topic: String) async throws -> TopicFigures {
        try await self.reply(to: HTTPCall(.get, Self.topicsPath + [topic, "stats"])).decoded(TopicFigures.init(json:))
    }

    /// Changes what isn't nil.
    ///
    /// - Parameters:
    ///   - name: the topic's name.
    ///   - isPublic: whether every user may read it.
    ///   - description: at most 500 characters.
    ///   - durability: as in ``createTopic(_:isPublic:description:durability:anonymous:)``, or `default` for the relay's setting.
    ///   - anonymous: as there.
    public func updateTopic(
        _ name: String,
        isPublic: Bool? = nil,
        description: String? = nil,
        durability: String? = nil,
        anonymous: String? = nil
    ) async throws -> TopicDetails {
        var object = JSONObject()
        if let isPublic { object.append("is_public", .bool(isPublic)) }
        if let description { object.append("description", .string(description)) }
        if let durability { object.append("durability", .string(durability)) }
        if let anonymous { object.append("anonymous", .string(anonymous)) }
        var call = HTTPCall(.put, Self.topicsPath + [name])
        call.body = .json(.object(object))
        return try await self.reply(to: call).decoded(TopicDetails.init(json:))
    }

    /// Deletes the topic, its messages and its subscriptions.
    public func deleteTopic(_ name: String) async throws {
        var call = HTTPCall(.delete, Self.topicsPath + [name])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    static let topicsPath = ["api", "v1", "topics"]
}

extension RelayClient {
    /// Who was granted the topic. For its owner and administrators; others get status 403.
    public func grants(of topic: String) async throws -> [TopicGrant] {
        try await self.list(Self.grantsPath(topic), TopicGrant.init(json:))
    }

    /// Lets a user read and write a topic. A user who may already gives status 400.
    public func grant(_ topic: String, toUsername username: String) async throws -> TopicGrant {
        try await self.grant(topic, ["username": .string(username)])
    }

    /// As ``grant(_:toUsername:)``.
    public func grant(_ topic: String, toUserID userID: String) async throws -> TopicGrant {
        try await self.grant(topic, ["user_id": .string(userID)])
    }

    /// Takes a grant back, and ends the user's open subscriptions. A user without one gives status 404.
    public func revokeGrant(_ topic: String, ofUserID userID: String) async throws {
        var call = HTTPCall(.delete, Self.grantsPath(topic) + [userID])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    private func grant(_ topic: String, _ body: JSONDocument) async throws -> TopicGrant {
        var call = HTTPCall(.post, Self.grantsPath(topic))
        call.body = .json(body)
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(TopicGrant.init(json:))
    }

    private static func grantsPath(_ topic: String) -> [String] {
        self.topicsPath + [topic, "permissions"]
    }
}
