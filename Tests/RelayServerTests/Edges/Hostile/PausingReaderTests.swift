import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Readers that pause")
struct PausingReaderTests {
    private static let text = String(repeating: "x", count: 100_000)

    @Test(
        "an event stream whose client pauses for longer than an answer may take goes on where it was",
        .timeLimit(.minutes(2))
    )
    func eventStream() async throws {
        try await withRelay {
            $0.server.writeTimeout = .milliseconds(200)
            $0.hotTier.maxMessagesPerTopic = 4
        } _: { relay in
            let token = try await relay.administratorToken
            let stream = try await TestEventStream(relay, token: token, query: "topics=t")
            _ = await stream.next()
            try await stream.connection.channel.setOption(.autoRead, value: false).get()
            var ids: [String] = []
            for _ in 0..<150 { ids.append(try await relay.publish("t", token: token, ["x": Self.text])) }
            // Some of the relay's looks at its connections, once a second.
            try await Task.sleep(for: .seconds(4))
            ids.append(try await relay.publish("t", token: token))
            try await stream.connection.startReading()
            var received: [String] = []
            while received.last != ids.last {
                let event = try #require(await stream.next())
                if event.name == "message" { received.append(try #require(event.id)) }
            }
            #expect(received == ids)
        }
    }

    @Test("an answer that its client does not take is given up", .timeLimit(.minutes(2)))
    func answer() async throws {
        try await withRelay {
            $0.server.writeTimeout = .milliseconds(200)
        } _: { relay in
            let token = try await relay.administratorToken
            for _ in 0..<60 { try await relay.publish("t", token: token, ["x": Self.text]) }
            let connection = try await RawConnection.open(relay.port, reads: false)
            let body = #"{"topics":["t"],"since":{"t":"0"}}"#
            for _ in 0..<8 { connection.request("POST", "/messages/poll", token: token, body: body) }
            try await Task.sleep(for: .seconds(4))
            // The relay has closed by then, of which this may already hear.
            try? await connection.startReading()
            #expect(await connection.rest().utf8.count < 8 * (4 << 20))
        }
    }
}
