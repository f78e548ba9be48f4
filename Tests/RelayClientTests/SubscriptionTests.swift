import NIOCore
import NIOWebSocket
import RelayWire
import SeededRandom
import Synchronization
import Testing

@testable import RelayClient

@Suite("Subscriptions", .timeLimit(.minutes(1)))
struct SubscriptionTests {
    private static func subscription(
        _ endpoint: RelayEndpoint,
        _ options: SubscriptionOptions = SubscriptionOptions(topics: ["t"]),
        _ credentials: Credentials = .tokens(
            Tokens(accessToken: "good", expiresAt: Timestamp(microseconds: .max))
        )
    ) throws -> Subscription {
        var configuration = RelayClientConfiguration()
        configuration.clock = RecordingClock()
        let client = RelayClient(endpoint: endpoint, credentials: credentials, configuration: configuration)
        return try client.subscribe(options)
    }

    private static func relay(_ play: @escaping FakeRelay.Play) -> FakeRelay {
        FakeRelay(answer: { _ in .detail(404, "Not Found") }, play: play)
    }

    /// The ids of the messages of a whole subscription.
    private static func ids(_ subscription: Subscription, count: Int) async throws -> [String] {
        var ids: [String] = []
        for try await event in subscription {
            if case .message(let message) = event { ids.append("\(message.topic)/\(message.messageID)") }
            if ids.count == count { break }
        }
        return ids
    }

    @Test("Each message comes once and in order over cuts, closes and repeats", arguments: 1...5 as ClosedRange<UInt64>)
    func exactlyOnce(seed: UInt64) async throws {
        let total = 300
        let relay = Self.relay { connection, socket in
            var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(connection))
            let subscribe = try await socket.receiveJSON()
            let cursors = try subscribe.texts("cursors")
            try await socket.sendSubscribed(["a": cursors["a"] ?? "0-0", "b": cursors["b"] ?? "0-0"])
            let repeats = Int.random(in: 0...3, using: &random)
            for topic in ["a", "b"] {
                let seen = cursors[topic].flatMap(MessageID.init)?.sequence ?? 0
                let last = connection < 30 ? Int(seen) + Int.random(in: 0...20, using: &random) : total
                for number in stride(from: max(1, Int(seen) + 1 - repeats), through: min(last, total), by: 1) {
                    try await socket.sendMessage(topic, "0-\(number)")
                }
            }
            if Bool.random(using: &random) { try await socket.sendClose(1001) }
            // The last connection stays until the client has read it all.
            if connection >= 30 { while try await socket.receive() != nil {} }
        }
        try await relay.run { endpoint in
            let options = SubscriptionOptions(topics: ["a", "b"], start: .earliest)
            let ids = try await Self.ids(Self.subscription(endpoint, options), count: 2 * total)
            for topic in ["a", "b"] {
                #expect(ids.filter { $0.hasPrefix(topic) } == (1...total).map { "\(topic)/0-\($0)" })
            }
        }
    }

    @Test("The first connection asks for the offset; the next goes on where the relay said it would start")
    func resume() async throws {
        let frames = Mutex<[String]>([])
        let relay = Self.relay { connection, socket in
            let subscribe = try await socket.receiveJSON()
            frames.withLock { $0.append(subscribe.text) }
            try await socket.sendSubscribed(["t": "7-0"])
            if connection == 2 {
                try await socket.sendMessage("t", "8-0")
                while try await socket.receive() != nil {}
            }
        }
        try await relay.run { endpoint in
            let ids = try await Self.ids(Self.subscription(endpoint), count: 1)
            #expect(ids == ["t/8-0"])
        }
        #expect(
            frames.withLock { $0 } == [
                #"{"type":"subscribe","topics":["t"],"offset":"last"}"#,
                #"{"type":"subscribe","topics":["t"],"offset":"last","cursors":{"t":"7-0"}}"#,
            ]
        )
    }

    @Test("Events come as they happen: subscribed, gap, message, error, loss")
    func events() async throws {
        let relay = Self.relay { connection, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed(["t": "1-0"])
            try await socket.send(["type": "gap", "topic": "t", "after": "1-0", "resumed_from": "5-0"])
            try await socket.sendMessage("t", "5-0")
            try await socket.send(["type": "error", "code": "PROCESSING_ERROR", "message": "odd", "details": .null])
            try await socket.sendClose(connection == 1 ? 1011 : 1000, "fault")
        }
        try await relay.run { endpoint in
            var names: [String] = []
            for try await event in try Self.subscription(endpoint) {
                switch event {
                case .subscribed(let topics, let cursors): names.append("subscribed \(topics) \(cursors)")
                case .gap(let gap): names.append("gap \(gap.after) \(gap.resumedFrom ?? "")")
                case .message(let message): names.append("message \(message.messageID)")
                case .error(let code, _): names.append("error \(code)")
                case .reconnecting(let reason, _): names.append(reason)
                }
                if names.count == 5 { break }
            }
            #expect(
                names == [
                    #"subscribed ["t"] ["t": "1-0"]"#, "gap 1-0 5-0", "message 5-0", "error PROCESSING_ERROR",
                    "odd (WebSocket close 1011)",
                ]
            )
        }
    }

    @Test("A policy close is final", arguments: [1008, 1002] as [UInt16])
    func finalClose(code: UInt16) async throws {
        let relay = Self.relay { _, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed()
            try await socket.sendClose(code, "Token has been revoked")
        }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await Self.ids(Self.subscription(endpoint), count: 1)
            }
            #expect(error.code == .subscriptionEnded && error.closeCode == Int(code))
            #expect(error.detail == "Token has been revoked")
        }
        #expect(relay.requests("/ws").count == 1)
    }

    @Test("A close in good order ends the sequence without an error")
    func finish() async throws {
        let relay = Self.relay { _, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed()
            try await socket.sendMessage("t", "1-0")
            try await socket.sendClose(1000)
        }
        try await relay.run { endpoint in
            let ids = try await Self.ids(Self.subscription(endpoint), count: 99)
            #expect(ids == ["t/1-0"])
        }
    }

    @Test("A token that is about to expire is renewed in place, and the subscription goes on")
    func renewedInPlace() async throws {
        let logins = Mutex(0)
        let sent = Mutex<[String]>([])
        let relay = FakeRelay { _ in
            .tokens("t\(logins.withLock { count in count += 1; return count })")
        } play: { _, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed()
            for id in ["1-0", "2-0"] {
                try await socket.send(["type": "token_expiring", "expires_at": "2026-11-21T00:00:00.000000Z"])
                let frame = try await socket.receiveJSON()
                sent.withLock { $0.append(frame.text) }
                try await socket.send(["type": "authenticated", "expires_at": "2026-11-21T01:00:00.000000Z"])
                try await socket.sendMessage("t", id)
            }
            while try await socket.receive() != nil {}
        }
        try await relay.run { endpoint in
            let subscription = try Self.subscription(
                endpoint,
                SubscriptionOptions(topics: ["t"]),
                .password(username: "alice", password: "secret")
            )
            #expect(try await Self.ids(subscription, count: 2) == ["t/1-0", "t/2-0"])
        }
        #expect(sent.withLock { $0 } == [#"{"type":"auth","token":"t2"}"#, #"{"type":"auth","token":"t3"}"#])
        #expect(relay.requests("/ws").count == 1)
    }

    @Test("A connection whose token has expired is made again at once with another")
    func expired() async throws {
        let logins = Mutex(0)
        let relay = FakeRelay { _ in
            .tokens("t\(logins.withLock { count in count += 1; return count })")
        } play: { connection, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed()
            if connection == 1 { return try await socket.sendClose(4001, "The access token has expired") }
            try await socket.sendMessage("t", "1-0")
            while try await socket.receive() != nil {}
        }
        try await relay.run { endpoint in
            let subscription = try Self.subscription(
                endpoint,
                SubscriptionOptions(topics: ["t"]),
                .password(username: "alice", password: "secret")
            )
            #expect(try await Self.ids(subscription, count: 1) == ["t/1-0"])
        }
        #expect(relay.requests("/ws").map(\.bearer) == ["t1", "t2"])
    }

    @Test("A 401 at the door renews the token; a 403 is final")
    func door() async throws {
        let logins = Mutex(0)
        let relay = FakeRelay { request in
            guard request.uri == "/auth/login" else {
                return request.bearer == "t1" ? .detail(401, "Invalid or expired token") : .detail(403, "not you")
            }
            return .tokens("t\(logins.withLock { count in count += 1; return count })")
        }
        try await relay.run { endpoint in
            let subscription = try Self.subscription(
                endpoint,
                SubscriptionOptions(topics: ["t"]),
                .password(username: "alice", password: "secret")
            )
            let error = try await #require(throws: RelayError.self) { try await Self.ids(subscription, count: 1) }
            #expect(error.code == .refused && error.status == 403 && error.detail == "not you")
        }
        #expect(relay.requests("/ws").map(\.bearer) == ["t1", "t2"])
    }

    @Test("Pings are answered and fragments put together")
    func frames() async throws {
        let relay = Self.relay { _, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed()
            try await socket.send(.ping, "hello")
            let pong = try await socket.receive()
            guard pong?.opcode == .pong, pong.map({ String(buffer: $0.unmaskedData) }) == "hello" else { return }
            let text = #"{"type":"message","message_id":"1-0","topic":"t","payload":{},"timestamp":"T"}"#
            try await socket.send(.text, String(text.prefix(20)), fin: false)
            try await socket.send(.ping, "in between")
            try await socket.send(.continuation, String(text.dropFirst(20)))
            while try await socket.receive() != nil {}
        }
        try await relay.run { endpoint in
            let ids = try await Self.ids(Self.subscription(endpoint), count: 1)
            #expect(ids == ["t/1-0"])
        }
        #expect(relay.requests("/ws").count == 1)
    }

    @Test("A message beyond the limit ends the subscription: it would come again")
    func tooLarge() async throws {
        let relay = Self.relay { _, socket in
            _ = try await socket.receiveJSON()
            try await socket.send(.text, String(repeating: "x", count: 5000))
            while try await socket.receive() != nil {}
        }
        try await relay.run { endpoint in
            var options = SubscriptionOptions(topics: ["t"])
            options.maxMessageBytes = 4096
            let error = try await #require(throws: RelayError.self) {
                try await Self.ids(Self.subscription(endpoint, options), count: 1)
            }
            #expect(error.closeCode == 1009)
        }
    }

    @Test("Attempts that fail in a row are limited where that is asked for")
    func attempts() async throws {
        let relay = Self.relay { _, _ in }
        try await relay.run { endpoint in
            var options = SubscriptionOptions(topics: ["t"])
            options.maxAttempts = 4
            let error = try await #require(throws: RelayError.self) {
                try await Self.ids(Self.subscription(endpoint, options), count: 1)
            }
            #expect(error.code == .unavailable)
        }
        #expect(relay.requests("/ws").count == 4)
    }

    @Test("Leaving the loop, or cancelling it, says goodbye to the relay", arguments: [false, true])
    func goodbye(byCancellation: Bool) async throws {
        let (codes, said) = AsyncStream<UInt16?>.makeStream()
        let (waits, waiting) = AsyncStream<Void>.makeStream()
        let relay = Self.relay { _, socket in
            _ = try await socket.receiveJSON()
            try await socket.sendSubscribed()
            let frame = try await socket.receive()
            var data = frame?.unmaskedData
            said.yield(frame?.opcode == .connectionClose ? data?.readInteger(as: UInt16.self) : nil)
        }
        try await relay.run { endpoint in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await _ in try Self.subscription(endpoint) {
                        if !byCancellation { break }
                        waiting.yield()
                    }
                }
                if byCancellation {
                    for await _ in waits { break }
                    group.cancelAll()
                }
                let result = await group.nextResult()
                let failure: (any Error)? = if case .failure(let error)? = result { error } else { nil }
                #expect((failure is CancellationError) == byCancellation)
            }
            for await code in codes {
                #expect(code == 1000)
                break
            }
        }
    }
}
