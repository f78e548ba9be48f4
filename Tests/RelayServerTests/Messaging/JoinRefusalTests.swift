import Foundation
import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

@Suite("What readers cost that are refused, or leave before they have joined", .timeLimit(.minutes(3)))
struct JoinRefusalTests {
    /// A way to subscribe.
    enum Transport: CaseIterable {
        case poll, webSocket, eventStream

        /// Asks for topics that nobody has asked for before, and returns the text of the refusal.
        func ask(_ relay: TestRelay, token: String, _ topics: [String]) async throws -> String? {
            switch self {
            case .poll: return try await relay.poll(topics, token: token, timeout: 1).detail
            case .eventStream:
                let path = "/sse?topics=\(topics.joined(separator: ","))"
                return try await relay.send(.GET, path, token: token).detail
            case .webSocket:
                let socket = try await TestWebSocket(relay, token: token)
                defer { socket.connection.disconnect() }
                return try await socket.subscribe(topics).object["message"] as? String
            }
        }

        /// Asks, and does not wait for the answer.
        func begin(_ relay: TestRelay, token: String, _ topics: [String]) async throws -> RawConnection {
            switch self {
            case .poll: return try await relay.openPoll(topics, token: token)
            case .eventStream:
                let connection = try await RawConnection.open(relay.port)
                connection.request("GET", "/sse?topics=\(topics.joined(separator: ","))", token: token)
                return connection
            case .webSocket:
                let socket = try await TestWebSocket(relay, token: token)
                try socket.send(json: ["type": "subscribe", "topics": topics, "client_id": "test"])
                return socket.connection
            }
        }
    }

    /// Why a user may not subscribe to two topics.
    enum Bound: CaseIterable {
        case subscriptions, memory

        func set(_ configuration: inout RelayConfiguration) {
            switch self {
            case .subscriptions: configuration.quotas.maxSubscriptionsPerUser = 1
            case .memory: configuration.memory.maxReaderBytes = SubscriptionQuota.bytesPerTopic
            }
        }

        var text: String {
            switch self {
            case .subscriptions: "Too many subscriptions"
            case .memory: "Server is overloaded, try again later"
            }
        }
    }

    @Test(
        "who may follow no more topics has loaded none, and had none read from the store",
        arguments: Transport.allCases,
        Bound.allCases
    )
    func refused(transport: Transport, bound: Bound) async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        bound.set(&configuration)
        try await withRelay(over: store, configuration) { relay, parts in
            let admin = try await relay.administratorToken
            #expect(try await transport.ask(relay, token: admin, ["a", "b"]) == bound.text)
            #expect(store.topicsRead == [])
            #expect(parts.broker.residentTopics.isEmpty)
            // Nothing is left of it.
            let connection = try await transport.begin(relay, token: admin, ["c"])
            while store.topicsRead.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            try await connection.breakOff()
        }
    }

    @Test("who may follow no more topics, or may not read one, has no named reader looked up, and none made")
    func namedReaders() async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        configuration.quotas.maxSubscriptionsPerUser = 1
        try await withRelay(over: store, configuration) { relay, _ in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: admin)
            _ = try await relay.publish("secret", token: admin)
            for topics in [["a", "b"], ["secret"]] {
                let body: [String: Any] = ["topics": topics, "reader": "w", "timeout": 1]
                let reply = try await relay.send(.POST, "/messages/poll", token: user.token, json: body)
                #expect([403, 429].contains(reply.status), "\(reply)")
            }
            #expect(!store.looks.contains { if case .reader = $0 { true } else { false } })
        }
    }

    @Test("a poll beyond its user's places has loaded no topic, and had none read from the store")
    func poll() async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        configuration.poll.maxWaitersPerUser = 1
        try await withRelay(over: store, configuration) { relay, parts in
            let admin = try await relay.administratorToken
            let waiting = try await relay.openPoll(["a"], token: admin)
            try await relay.untilWaiters(1, token: admin)
            let before = store.topicsRead
            let refused = try await relay.poll(["b"], token: admin, timeout: 1)
            #expect(refused.status == 429 && refused.detail == "Too many concurrent poll connections")
            #expect(store.topicsRead == before)
            #expect(parts.broker.residentTopics.count == 1)
            try await waiting.breakOff()
            try await relay.untilWaiters(0, token: admin)
            #expect(try await relay.poll(["b"], token: admin, timeout: 1).status == 200)
        }
    }

    @Test("an end of a tunnel beyond its user's connections has loaded no session, and had none read from the store")
    func tunnel() async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        configuration.webSocket.maxPerUser = 1
        try await withRelay(over: store, configuration) { relay, parts in
            let admin = try await relay.administratorToken
            let socket = try await TestWebSocket(relay, token: admin)
            let before = store.topicsRead
            let end = try await RawConnection.open(relay.port)
            let path = "/v1/tunnels/t?session_id=s&client_id=p"
            end.request("GET", path, token: admin, headers: TestWebSocket.handshake)
            #expect(try #require(await end.head()).status == 403)
            #expect(store.topicsRead == before)
            #expect(parts.broker.residentTopics.isEmpty)
            end.disconnect()
            socket.connection.disconnect()
        }
    }

    @Test(
        "readers count while their topics are loaded, and give back what they took if their client leaves meanwhile",
        arguments: Transport.allCases
    )
    func leaving(transport: Transport) async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        configuration.quotas.maxSubscriptionsPerUser = 1
        configuration.poll.maxWaitersPerUser = 1
        let (ends, end) = AsyncStream<Void>.makeStream()
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        store.beforeLooks { look in
            guard case .topic = look else { return }
            arrival.yield()
            for await _ in ends {}
        }
        try await withRelay(over: store, configuration) { relay, _ in
            let admin = try await relay.administratorToken
            let connection = try await transport.begin(relay, token: admin, ["a"])
            _ = await arrivals.first { _ in true }
            for other in Transport.allCases {
                let text = try await other.ask(relay, token: admin, ["b"])
                let isSecondPoll = transport == .poll && other == .poll
                #expect(text == (isSecondPoll ? "Too many concurrent poll connections" : "Too many subscriptions"))
            }
            try await connection.breakOff()
            end.finish()
            // All is taken and given back once more.
            while try await relay.poll(["c"], token: admin, timeout: 1).status != 200 { try Task.checkCancellation() }
            let socket = try await TestWebSocket(relay, token: admin)
            while try await socket.subscribe(["d"]).type != "subscribed" { try Task.checkCancellation() }
            socket.connection.disconnect()
        }
    }
}
