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
        let caller = try await call.caller()
        let query = try HistoryQuery(call.query)
        let path = try TopicPath(call, for: caller)
        let page = try await path.asking { (key) throws(BrokerError) in
            try await call.services.broker.history(
                of: key,
                query.order,
                cursor: query.cursor.map { Cursor(clientText: $0) } ?? .oldest,
                limit: query.limit,
                as: caller
            )
        }
        let response = HistoryResponse(
            messages: page.messages.map { $0.fields(of: path.key.name) },
            limit: query.limit,
            order: query.orderName,
            cursor: query.cursor,
            epoch: StreamEpoch.told(page.epoch),
            gap: page.gap.map { GapFields($0, of: path.key.name) }
        )
        var body = ByteBuffer()
        body.reserveCapacity(response.size)
        response.write(into: &body)
        return Reply(.ok, json: body)
    }
}
