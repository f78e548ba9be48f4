/// Who is on a topic.
extension RelayClient {
    /// Who is on a topic now.
    public func members(of topic: String) async throws -> [TopicPresence.Member] {
        var call = HTTPCall(.get, Self.topicsPath + [topic, "presence"])
        var members: [TopicPresence.Member] = []
        while true {
            let reply = try await self.reply(to: call)
            let page = try reply.decoded(TopicPresence.init(json:))
            if case .all(let some) = page.content { members += some }
            guard let cursor = reply.nextCursor else { return members }
            call.query = [("cursor", cursor)]
        }
    }
}

/// What a client says of who is on a topic.
public enum PresenceRequest: Sendable, Hashable {
    /// Be a member, with these data. Who is one already changes them.
    case join(JSONDocument?)
    /// Change a member's data.
    case update(JSONDocument?)
    /// Be no member any more.
    case leave
    /// Be told who is there, and what changes; behind the `cursor` of an earlier report only what has changed since.
    case watch(since: String?)
    /// Be told no more.
    case unwatch
    /// Be told once who is there.
    case get
}

extension RelaySocket {
    /// Sends a request about who is on a topic, and returns once it is written. Reports come as frames of their own.
    ///
    /// - Parameters:
    ///   - request: what is wanted.
    ///   - topic: the topic.
    ///   - name: a name for this request, which its answer repeats; nil for no answer.
    public func send(_ request: PresenceRequest, on topic: String, request name: String? = nil) async throws {
        var object = JSONObject([("type", "presence"), ("action", .string(request.action)), ("topic", .string(topic))])
        switch request {
        case .join(let data?), .update(let data?): object.append("data", data)
        case .watch(let cursor?): object.append("cursor", .string(cursor))
        case .join(nil), .update(nil), .watch(nil), .leave, .unwatch, .get: break
        }
        if let name { object.append("id", .string(name)) }
        try await self.send(.object(object))
    }
}

extension PresenceRequest {
    fileprivate var action: String {
        switch self {
        case .join: "join"
        case .update: "update"
        case .leave: "leave"
        case .watch: "watch"
        case .unwatch: "unwatch"
        case .get: "get"
        }
    }
}
