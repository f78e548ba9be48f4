import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import RelayPresence
import RelayWire

/// `GET /api/v1/topics/{topic_name}/presence`: who is on a topic, by pages. How many there are in all each page tells.
enum PresenceRoute {
    static func add(to routes: inout RESTRoutes, _ presence: PresenceService) {
        routes.on(
            .get,
            "/api/v1/topics/{topic_name}/presence",
            asking: .caller(.read),
            isList: true
        ) { try await Self.show($0, presence) }
    }

    /// A page's cursor is the id of its last connection.
    private static func show(_ call: RESTCall, _ presence: PresenceService) async throws -> Reply {
        let caller = try await call.caller()
        let path = try TopicPath(call, for: caller)
        guard PresenceTopic.hasPresence(path.key.name) else { throw TopicPath.refusal(.missing, path.text) }
        let query = try PageQuery(call.query)
        if let cursor = query.cursor, ConnectionID(cursor) == nil { throw PageQuery.badCursor }
        let roster = try await Self.roster(presence, path, caller)
        return await call.services.lists.run {
            let page = Self.page(of: roster.members, after: query.cursor, limit: query.limit)
            let report = PresenceReport(roster, of: path.key.name, Array(page.members))
            var body = ByteBuffer()
            report.write(into: &body)
            var reply = Reply(.ok, json: body)
            if let next = page.next { reply.headers.add(name: "x-next-cursor", value: next) }
            return reply
        }
    }

    private static func roster(
        _ presence: PresenceService,
        _ path: TopicPath,
        _ caller: Principal
    ) async throws(RESTRefusal) -> PresenceRoster {
        do throws(PresenceFailure) {
            return try await presence.roster(of: path.key, as: caller)
        } catch .broker(let error) {
            throw TopicPath.refusal(error, path.text)
        } catch {
            throw RESTRefusal(Reply(.serviceUnavailable, detail: error.clientText))
        }
    }

    /// As many members as one page has.
    ///
    /// - Parameter members: in the order of their connections' ids.
    /// - Returns: also the page's cursor, where others follow.
    private static func page(
        of members: [PresenceMember],
        after cursor: String?,
        limit: Int
    ) -> (members: ArraySlice<PresenceMember>, next: String?) {
        let rest = members.drop { member in
            cursor.map { !$0.utf8.lexicographicallyPrecedes(member.connection.rawValue.utf8) } ?? false
        }
        var bytes = 0
        let page = rest.prefix(limit).prefix { member in
            defer { bytes += member.cost }
            return bytes < ListPage.maxBytes
        }
        return (page, page.endIndex < rest.endIndex ? page.last?.connection.rawValue : nil)
    }
}
