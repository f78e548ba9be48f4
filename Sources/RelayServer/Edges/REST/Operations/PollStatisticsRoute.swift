import HTTPTypes
import NIOHTTP1
import RelayCore

/// `GET /messages/poll/stats`: how many polls wait, and on what. Administrators see everybody's, others their own.
enum PollStatisticsRoute {
    static func add(to routes: inout RESTRoutes, _ waiters: PollWaiters) {
        routes.on(.get, "/messages/poll/stats") { try await Self.show($0, waiters) }
    }

    private static func show(_ call: RESTCall, _ waiters: PollWaiters) async throws -> Reply {
        let caller = try await call.caller()
        let counts = waiters.counts(of: caller.isAdmin ? nil : caller.id)
        var topics: [String: Int64] = [:]
        for (waited, count) in counts.topics {
            let owner = try await Self.owner(of: waited.key, toldTo: caller, call.services.broker) ?? waited.user
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

    /// Nil where there is none, or where it is not for the caller to know: a poll on several topics goes on when access to one of them is
    /// lost.
    private static func owner(
        of key: TopicKey,
        toldTo caller: Principal,
        _ broker: Broker
    ) async throws(BrokerError) -> UserID? {
        do throws(BrokerError) {
            return try await broker.topic(key, for: .look, as: caller).access.record?.owner
        } catch {
            guard error == .denied || error == .missing else { throw error }
            return nil
        }
    }
}
