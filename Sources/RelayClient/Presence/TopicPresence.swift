/// Who is on a topic, or what has changed of that since the report before.
public struct TopicPresence: Sendable, Hashable {
    /// Somebody who is on a topic: a user by one connection.
    public struct Member: Sendable, Hashable {
        /// Names the connection. No two have the same.
        public let connectionID: String
        /// The name of its user.
        public let user: String
        /// What it says of itself; null where it says nothing.
        public let data: JSONDocument
        /// When it came, as the relay wrote it.
        public let joinedAt: String
        /// When it last said something of itself, as the relay wrote it.
        public let lastSeen: String

        /// A member, as a relay tells of one.
        public init(connectionID: String, user: String, data: JSONDocument, joinedAt: String, lastSeen: String) {
            self.connectionID = connectionID
            self.user = user
            self.data = data
            self.joinedAt = joinedAt
            self.lastSeen = lastSeen
        }
    }

    /// What a report tells.
    public enum Content: Sendable, Hashable {
        /// All who are there. It takes the place of everything before.
        case all([Member])
        /// No connection is in it twice. `left` has the ids of connections.
        case changes(joined: [Member], updated: [Member], left: [String])
    }

    /// The topic.
    public let topic: String
    /// What is told of it.
    public let content: Content
    /// How many users are there then.
    public let users: Int
    /// By how many connections.
    public let connections: Int
    /// What a client goes on from that knows this.
    public let cursor: String

    /// A report, as a relay makes one.
    public init(topic: String, content: Content, users: Int, connections: Int, cursor: String) {
        self.topic = topic
        self.content = content
        self.users = users
        self.connections = connections
        self.cursor = cursor
    }

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.topic = try json.string("topic")
        self.users = try json.integer("users")
        self.connections = try json.integer("connections")
        self.cursor = try json.string("cursor")
        self.content =
            switch try json.string("action") {
            case "sync": .all(try Self.members(json, "members"))
            case "changes":
                .changes(
                    joined: try Self.members(json, "joined"),
                    updated: try Self.members(json, "updated"),
                    left: json["left"] == nil ? [] : try json.strings("left")
                )
            default: throw JSONDocumentError(reason: "no report of presence")
            }
    }

    private static func members(_ json: JSONDocument, _ key: String) throws(JSONDocumentError) -> [Member] {
        guard json[key] != nil else { return [] }
        var members: [Member] = []
        for element in try json.elements(key) { members.append(try Member(json: element)) }
        return members
    }
}

extension TopicPresence.Member {
    init(json: JSONDocument) throws(JSONDocumentError) {
        self.init(
            connectionID: try json.string("connection_id"),
            user: try json.string("user"),
            data: try json.value("data"),
            joinedAt: try json.string("joined_at"),
            lastSeen: try json.string("last_seen")
        )
    }
}
