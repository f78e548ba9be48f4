import RelayCore
import RelayValkey
import RelayWire

extension TopicRecord {
    var fields: [ValkeyArgument] {
        let fields: [ValkeyArgument] = [
            "id", .init(self.id), "kind", .init(self.kind), "owner", .init(self.owner.rawValue),
            "created", .init(self.createdAt.microseconds), "public", .init(self.isPublic ? 1 : 0),
        ]
        return fields + (self.description.map { ["description", .init($0)] } ?? [])
            + (self.durability.map { ["durability", .init($0.rawValue)] } ?? [])
            + (self.anonymous == .none ? [] : ["anonymous", .init(self.anonymous.rawValue)])
            + (self.state.map { ["state", .init($0.bytes), "revision", .init($0.revision)] } ?? [])
    }

    /// - Parameter known: the state, in place of what the fields say.
    /// - Returns: nil where there are no fields.
    init?(_ key: TopicKey, _ fields: HashFields, state known: StoredState? = nil) throws(StoreError) {
        guard !fields.isEmpty else { return nil }
        let state: StoredState?
        if let known { state = known } else { state = try fields.state }
        self.init(
            id: try fields.required(fields.text("id"), "id"),
            key: key,
            kind: try fields.required(fields.text("kind"), "kind"),
            owner: UserID(try fields.required(fields.text("owner"), "owner")),
            createdAt: try fields.required(fields.moment("created"), "created"),
            isPublic: fields.text("public") == "1",
            description: fields.text("description"),
            durability: try fields.durability,
            anonymous: try AnonymousAccess(stored: fields.text("anonymous")),
            state: state
        )
    }
}

extension TopicChanges {
    var fields: [ValkeyArgument] {
        var fields: [ValkeyArgument] = []
        if let isPublic = self.isPublic { fields += ["public", .init(isPublic ? 1 : 0)] }
        if let description = self.description { fields += ["description", .init(description)] }
        // Empty for none, since a field that goes needs another command.
        if let durability { fields += ["durability", .init(durability.durability?.rawValue ?? "")] }
        if let anonymous { fields += ["anonymous", .init(anonymous.rawValue)] }
        return fields
    }
}

extension HashFields {
    fileprivate var durability: Durability? {
        get throws(StoreError) {
            guard let text = self.text("durability"), !text.isEmpty else { return nil }
            return try Durability(stored: text)
        }
    }

    fileprivate var state: StoredState? {
        get throws(StoreError) {
            guard let text = self.text("revision") else { return nil }
            guard let revision = UInt64(text) else { throw StoreError(.corrupt, "the revision is no number") }
            return StoredState(bytes: try self.required(self.buffer("state"), "state"), revision: revision)
        }
    }

    /// Of a hash from user to date, and where the topic's name is a path to the topic's id: ordered by user id, without those that can't be read
    /// and those of an earlier topic of that name.
    func grants(on topic: TopicRecord, _ places: UnreadableRecords) -> [Grant] {
        var grants: [Grant] = []
        for (user, text) in self.texts {
            let parts = text.split(separator: " ", maxSplits: 1)
            guard !topic.key.isPath || parts.count < 2 || parts[1] == topic.id else { continue }
            guard parts.count == (topic.key.isPath ? 2 : 1), let date = Int64(parts[0]) else {
                places.note("grant of topic \(topic.key) for user \(user)", StoreError(.corrupt, "it has no date"))
                continue
            }
            grants.append(Grant(user: UserID(user), grantedAt: Timestamp(microseconds: date)))
        }
        return grants.sorted { $0.user.rawValue.precedesInBytes($1.user.rawValue) }
    }
}
