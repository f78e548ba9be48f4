import Foundation
import NIOHTTP1
import RelayServer
import RelayTelemetry
import Testing

/// What traces change for clients. The collector is not there: that changes nothing.
@Suite(.timeLimit(.minutes(2))) struct TracedPublishTests {
    private static let sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let unrecorded = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

    private static func trace(_ configuration: inout RelayConfiguration) {
        configuration.telemetry.endpoint = OTLPEndpoint("http://127.0.0.1:9")
        configuration.telemetry.sampleRatio = 0
    }

    /// - Returns: the metadata of the topic's messages, in their order.
    private static func metadata(_ relay: TestRelay, _ topic: String, _ token: String) async throws -> [[String:
        String]]
    {
        let page = try await relay.send(.GET, "/api/v1/topics/\(topic)/messages?limit=100", token: token)
        try #require(page.status == 200, "\(page)")
        let messages = page.object["messages"] as? [[String: Any]] ?? []
        // The newest comes first.
        return messages.reversed().compactMap { $0["metadata"] as? [String: String] }
    }

    private static func publish(
        _ relay: TestRelay,
        _ token: String,
        _ metadata: String?,
        traceparents: [String] = [],
        key: String? = nil
    ) async throws {
        let body = #"{"topic":"traced","payload":{}"# + (metadata.map { ",\"metadata\":\($0)" } ?? "") + "}"
        var headers = traceparents.map { ("traceparent", $0) }
        if let key { headers.append(("idempotency-key", key)) }
        let reply = try await relay.send(.POST, "/api/v1/messages", token: token, headers: headers, body: body)
        try #require(reply.status == 201, "\(reply)")
    }

    @Test("A message tells its readers of its trace, and one that belongs to none is as it was")
    func carried() async throws {
        try await withRelay(Self.trace) { relay in
            let token = try await relay.administratorToken
            try await Self.publish(relay, token, nil)
            try await Self.publish(relay, token, nil, traceparents: [Self.sent])
            try await Self.publish(relay, token, #"{"a":"b"}"#, traceparents: [Self.sent], key: "once")
            try await Self.publish(relay, token, #"{"a":"b"}"#, traceparents: [Self.unrecorded])
            try await Self.publish(relay, token, #"{"traceparent":"mine"}"#, traceparents: [Self.sent])
            try await Self.publish(relay, token, #"{"a":"b"}"#, traceparents: [Self.sent, Self.sent])
            try await Self.publish(relay, token, #"{"a":"b"}"#, traceparents: ["00-1-2-3"])
            let found = try await Self.metadata(relay, "traced", token)
            try #require(found.count == 7, "\(found)")
            #expect(found[0] == [:])
            for index in [1, 2] {
                let text = try #require(found[index]["traceparent"])
                let context = try #require(TraceContext(traceparent: text))
                #expect(text.hasPrefix(Self.sent.prefix(36)) && text != Self.sent && context.isSampled)
            }
            #expect(found[2]["a"] == "b" && found[2].count == 2)
            #expect(found[3] == ["a": "b", "traceparent": Self.unrecorded])
            #expect(found[4] == ["traceparent": "mine"])
            #expect(found[5] == ["a": "b"] && found[6] == ["a": "b"])
        }
    }

    @Test("A bulk is in one trace")
    func bulk() async throws {
        try await withRelay(Self.trace) { relay in
            let token = try await relay.administratorToken
            let reply = try await relay.send(
                .POST,
                "/api/v1/messages/bulk",
                token: token,
                headers: [("traceparent", Self.sent)],
                body: #"{"messages":[{"topic":"traced","payload":{}},{"topic":"traced","payload":{}}]}"#
            )
            try #require(reply.status == 207, "\(reply)")
            let found = try await Self.metadata(relay, "traced", token).compactMap { $0["traceparent"] }
            #expect(found.count == 2 && Set(found).count == 1)
            #expect(found.first?.hasPrefix(Self.sent.prefix(36)) == true)
        }
    }

    @Test("Messages are left alone where that is wanted, and where nothing is exported")
    func leftAlone() async throws {
        for isExporting in [true, false] {
            try await withRelay {
                if isExporting { Self.trace(&$0) }
                $0.telemetry.carriesTraces = !isExporting
            } _: { relay in
                let token = try await relay.administratorToken
                try await Self.publish(relay, token, #"{"a":"b"}"#, traceparents: [Self.sent])
                #expect(try await Self.metadata(relay, "traced", token) == [["a": "b"]])
            }
        }
    }

    @Test("What is exported is counted in the metrics, and only then")
    func counted() async throws {
        try await withRelay(Self.trace) { relay in
            let shown = try await relay.send(.GET, "/metrics")
            #expect(shown.text.contains("relay_telemetry_waiting "))
            #expect(shown.text.contains(#"relay_memory_bytes{account="telemetry"}"#))
        }
        try await withRelay { relay in
            let text = try await relay.send(.GET, "/metrics").text
            #expect(!text.contains("relay_telemetry_waiting"))
        }
    }
}
