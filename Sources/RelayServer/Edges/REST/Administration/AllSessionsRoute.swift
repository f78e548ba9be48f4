import HTTPTypes
import NIOHTTP1
import RelayCore
import RelaySessions
import RelayWire

/// `/api/v1/admin/sessions`: the editing sessions of the store, whoever made them.
enum AllSessionsRoute {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(.get, "/api/v1/admin/sessions", asking: .caller(.admin), isList: true) { call in
            try await Self.list(call, services.sessions)
        }
    }

    private static func list(_ call: RESTCall, _ service: SessionService) async throws -> Reply {
        _ = try await call.caller()
        let items = call.query
        let query = try PageQuery(items)
        let owner = items.first("owner_id").flatMap { $0.isEmpty ? nil : UserID($0) }
        let after = try query.cursor.map { cursor throws(RequestError) in
            guard let id = SessionID(cursor) else { throw PageQuery.badCursor }
            return id
        }
        let sessions: [Session]
        do throws(SessionFailure) {
            sessions = try await service.allSessions(of: owner, after: after, limit: query.limit)
        } catch {
            throw RESTRefusal(
                Reply(HTTPResponseStatus(statusCode: error.code.status), detail: error.text)
            )
        }
        var page = ListPage(limit: query.limit)
        var last: SessionID?
        for session in sessions where page.room > 0 {
            await call.services.lists.run { page.add(SessionTree.summary(session)) }
            last = session.id
        }
        let isLast = sessions.count < query.limit && last == sessions.last?.id
        return page.reply(next: isLast ? nil : last?.text)
    }
}
