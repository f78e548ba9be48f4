import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import RelayWire

/// `GET /api/v1/topics/{topic_name}/messages`.
enum HistoryRoute {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, "/api/v1/topics/{topic_name}/messages", Self.page)
    }

    @Sendable private static func page(_ call: RESTCall) async throws -> Reply {
        let query = try HistoryQuery(call.query)
        let caller = try await call.member().acting(as: query.clientID)
        let path = try TopicPath(call, for: caller)
        let (part, rest) = try await path.asking { (key) throws(BrokerError) in
            try await HistoryAnswer.begin(query, of: key, as: caller, call.services.broker)
        }
        var reply = Reply(.ok, json: part)
        reply.rest = rest
        return reply
    }
}
