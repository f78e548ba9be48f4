import NIOHTTP1
import Testing

/// Who is on a topic as a client knows it that is told of it: what the reports that it has got amount to.
struct PresenceView {
    /// What each connection shows of itself, as text.
    private(set) var members: [String: String] = [:]
    private(set) var users: [String: String] = [:]
    private(set) var cursor: String?
    private(set) var syncs = 0
    private(set) var reports = 0

    /// Every report has to fit what was told before.
    mutating func take(_ report: [String: Any]) throws {
        self.reports += 1
        switch report["action"] as? String {
        case "sync":
            self.syncs += 1
            (self.members, self.users) = ([:], [:])
            for member in try Self.members(report, "members") { try self.add(member) }
        case "changes":
            for member in try Self.members(report, "joined") {
                let id = try #require(member["connection_id"] as? String)
                #expect(self.members[id] == nil, "\(id) has come twice")
                try self.add(member)
            }
            for member in try Self.members(report, "updated") {
                let id = try #require(member["connection_id"] as? String)
                #expect(self.members[id] != nil, "\(id) was not there")
                try self.add(member)
            }
            for id in report["left"] as? [String] ?? [] {
                #expect(self.members.removeValue(forKey: id) != nil, "\(id) was not there")
                self.users[id] = nil
            }
        default: Issue.record("no report: \(report)")
        }
        #expect(report["connections"] as? Int == self.members.count)
        #expect(report["users"] as? Int == Set(self.users.values).count)
        self.cursor = try #require(report["cursor"] as? String)
    }

    private static func members(_ report: [String: Any], _ name: String) throws -> [[String: Any]] {
        try #require((report[name] ?? []) as? [[String: Any]])
    }

    private mutating func add(_ member: [String: Any]) throws {
        let id = try #require(member["connection_id"] as? String)
        let joined = try #require(member["joined_at"] as? String)
        let seen = try #require(member["last_seen"] as? String)
        #expect(joined <= seen)
        self.members[id] = member["data"].map { "\($0)" } ?? ""
        self.users[id] = try #require(member["user"] as? String)
    }

    /// What they show, in order.
    var shown: [String] { self.members.values.sorted() }
}

extension TestWebSocket {
    /// Sends a presence frame.
    func presence(_ action: String, _ topic: String, data: Any? = nil, id: Int? = nil, cursor: String? = nil) throws {
        var frame: [String: Any] = ["type": "presence", "action": action, "topic": topic]
        frame["data"] = data
        frame["id"] = id
        frame["cursor"] = cursor
        try self.send(json: frame)
    }

    /// The same, and returns its answer: the frame with its id. Reports before it are dropped.
    func presenceAnswer(_ action: String, _ topic: String, data: Any? = nil) async throws -> Frame {
        let id = Int.random(in: 1...1_000_000)
        try self.presence(action, topic, data: data, id: id)
        while let frame = await self.next() {
            let details = frame.object["details"] as? [String: Any]
            if (frame.object["id"] ?? details?["id"]) as? Int == id { return frame }
        }
        throw SocketClosed()
    }

    struct SocketClosed: Error {}

    /// Becomes a member, and returns the id of the connection.
    @discardableResult
    func join(_ topic: String, data: Any? = nil) async throws -> String {
        let answer = try await self.presenceAnswer("join", topic, data: data)
        try #require(answer.object["action"] as? String == "joined", "\(answer.text)")
        return try #require(answer.object["connection_id"] as? String)
    }

    /// Takes reports until the view is as wanted.
    func watch(_ view: inout PresenceView, until isReached: (PresenceView) -> Bool) async throws {
        while !isReached(view) {
            let frame = try #require(await self.next("presence"))
            guard ["sync", "changes"].contains(frame.object["action"] as? String) else { continue }
            try view.take(frame.object)
        }
    }

    /// A socket that follows some other topic, so that it may say more.
    static func open(_ relay: TestRelay, _ user: TestUser) async throws -> TestWebSocket {
        let socket = try await TestWebSocket(relay, token: user.token)
        _ = try await socket.subscribe(["elsewhere-\(user.username)"])
        return socket
    }
}

extension TestRelay {
    /// Who is on a topic, by REST.
    func roster(_ topic: String, token: String) async throws -> PresenceView {
        let reply = try await self.send(.GET, "/api/v1/topics/\(topic)/presence", token: token)
        try #require(reply.status == 200, "\(reply)")
        var view = PresenceView()
        try view.take(reply.object)
        return view
    }

    /// Asks until so many connections are on a topic.
    func untilPresent(_ count: Int, on topic: String, token: String) async throws {
        while try await self.roster(topic, token: token).members.count != count { try Task.checkCancellation() }
    }
}
