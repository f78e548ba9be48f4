import HTTPTypes
import NIOHTTP1
import RelayCore

/// `GET /messages/poll/stats`: how many polls wait, and on what. Administrators see everybody's, others their own.
enum PollStatisticsRoute {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, "/messages/poll/stats", Self.show)
    }

    @Sendable private static func show(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let counts = call.services.pollWaiters.counts(of: caller.isAdmin ? nil : caller.id)
        var topics: [String: Int64] = [:]
        for (waited, count) in counts.topics {
            let topic = try await call.services.broker.topic(waited.key)
            let access = topic.access
            // A poll on several topics goes on when access to one of them is lost: whose that is must not be told.
            let mayRead = topic.behavior.decide(.read, by: caller, on: access) == .allowed
            let owner = mayRead ? access.record?.owner ?? waited.user : waited.user
            topics["\(owner)/\(waited.key.name)", default: 0] += Int64(count)
        }
        let members = topics.sorted { $0.key < $1.key }.map { (name: $0.key, value: JSONTree.number($0.value)) }
        return Reply(
            .ok,
            .object([
                ("active_waiters", .number(Int64(counts.waiters))),
                ("subscribed_topics", .number(Int64(topics.count))),
                ("topic_subscriber_counts", .object(members)),
            ])
        )
    }
}
