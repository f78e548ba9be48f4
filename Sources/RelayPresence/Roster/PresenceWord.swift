import NIOCore
import RelayCore
import RelayWire

/// What a relay says of a connection: a message of a presence topic. The newest word of each connection holds.
struct PresenceWord: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case here(PresenceMember)
        /// The connection is not a member any more.
        case gone
    }

    let connection: ConnectionID
    /// The ``TopicRecord/id`` of the topic that is meant. What is said of one that was deleted does not count for the next one of its name.
    let topic: String
    /// Whose word it is.
    let relay: RelayName
    let content: Content

    /// What holding it in memory costs, about, in bytes.
    var cost: Int {
        switch self.content {
        case .here(let member): member.cost
        case .gone: Self.costOfGone
        }
    }

    private static let costOfGone = 192

    /// How long it is told that somebody has gone. Who reads that much later reads anew who is there.
    static let secondsOfGone: Int64 = 300
}

// MARK: - As messages

extension PresenceWord {
    private static let here = "here"
    private static let gone = "gone"

    func draft(at now: Timestamp) -> Draft {
        var draft = Draft(timestamp: now, payload: self.payload)
        draft.sender = self.connection.rawValue
        if case .gone = self.content { draft.ttl = Self.secondsOfGone }
        return draft
    }

    private var payload: ByteBuffer {
        var json = ByteBuffer(string: "{")
        switch self.content {
        case .gone: json.write("action", Self.gone)
        case .here(let member):
            json.write("action", Self.here)
            json.write("user_id", member.user.rawValue)
            json.write("username", member.username)
            json.write("joined_at", member.joinedAt.wholeMilliseconds)
            json.write("last_seen", member.lastSeen.wholeMilliseconds)
            if let data = member.data {
                json.begin("data")
                json.writeImmutableBuffer(data)
            }
        }
        json.write("topic_id", self.topic)
        json.write("relay", self.relay.text)
        json.writeStaticString("}")
        return json
    }

    /// - Returns: nil where the message is no such word: a relay of another version may say something else.
    init?(_ message: Message) {
        guard message.format == .json, let connection = message.sender.flatMap(ConnectionID.init) else { return nil }
        var fields = Fields()
        guard fields.read(message.payload), let topic = fields.topic, let relay = fields.relay.map(RelayName.init)
        else { return nil }
        let content: Content
        switch fields.action {
        case Self.gone: content = .gone
        case Self.here:
            guard let member = fields.member(connection, relay) else { return nil }
            content = .here(member)
        default: return nil
        }
        self.init(connection: connection, topic: topic, relay: relay, content: content)
    }

    private struct Fields {
        var action: String?
        var topic: String?
        var relay: String?
        private var user: String?
        private var username: String?
        private var joinedAt: Timestamp?
        private var lastSeen: Timestamp?
        private var data: ByteBuffer?

        /// - Returns: whether it was a JSON object.
        mutating func read(_ payload: ByteBuffer) -> Bool {
            var scanner = JSONScanner(payload)
            do throws(JSONError) {
                try scanner.enterObject()
                while let name = try scanner.nextMember() {
                    let value = try scanner.value()
                    self.take(scanner.text(of: name), value, scanner)
                }
                return true
            } catch {
                return false
            }
        }

        private mutating func take(_ name: String?, _ value: JSONValue, _ scanner: JSONScanner) {
            switch name {
            case "action": self.action = scanner.text(of: value)
            case "topic_id": self.topic = scanner.text(of: value)
            case "relay": self.relay = scanner.text(of: value)
            case "user_id": self.user = scanner.text(of: value)
            case "username": self.username = scanner.text(of: value)
            case "joined_at": self.joinedAt = Self.moment(value, scanner)
            case "last_seen": self.lastSeen = Self.moment(value, scanner)
            case "data": self.data = scanner.copy(value.range)
            default: break
            }
        }

        private static func moment(_ value: JSONValue, _ scanner: JSONScanner) -> Timestamp? {
            Int64(String(buffer: scanner.copy(value.range))).flatMap { Timestamp(wholeMilliseconds: $0) }
        }

        func member(_ connection: ConnectionID, _ relay: RelayName) -> PresenceMember? {
            guard let user = self.user, let username = self.username, let joinedAt = self.joinedAt,
                let lastSeen = self.lastSeen
            else { return nil }
            return PresenceMember(
                connection: connection,
                user: UserID(user),
                username: username,
                data: self.data,
                joinedAt: joinedAt,
                lastSeen: lastSeen,
                relay: relay
            )
        }
    }
}

extension Timestamp {
    /// Presence tells moments in milliseconds, and keeps no more.
    var wholeMilliseconds: Int64 { self.microseconds / 1_000 }

    /// - Returns: nil where that is too far away.
    init?(wholeMilliseconds milliseconds: Int64) {
        let (microseconds, isTooFar) = milliseconds.multipliedReportingOverflow(by: 1_000)
        guard !isTooFar else { return nil }
        self.init(microseconds: microseconds)
    }

    /// The same moment, as presence tells it.
    var inMilliseconds: Timestamp { Timestamp(microseconds: self.wholeMilliseconds * 1_000) }
}

extension ByteBuffer {
    /// Begins a member of a JSON object.
    fileprivate mutating func begin(_ name: StaticString) {
        self.writeStaticString(self.writerIndex > 1 ? ",\"" : "\"")
        self.writeStaticString(name)
        self.writeStaticString("\":")
    }

    fileprivate mutating func write(_ name: StaticString, _ text: String) {
        self.begin(name)
        self.writeJSONString(text)
    }

    fileprivate mutating func write(_ name: StaticString, _ number: Int64) {
        self.begin(name)
        self.writeString(String(number))
    }
}
