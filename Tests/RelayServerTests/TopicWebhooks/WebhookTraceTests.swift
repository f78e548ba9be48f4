import Foundation
import NIOHTTP1
import RelayServer
import RelayTelemetry
import Testing

/// What receivers are told of traces. The collector is not there: that changes nothing.
@Suite("Webhooks and traces", .timeLimit(.minutes(1)))
struct WebhookTraceTests {
    private static let sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let unrecorded = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

    /// Publishes messages, each after the one before was delivered.
    ///
    /// - Returns: the `traceparent` of each delivery; an empty text for none.
    private static func deliver(
        _ metadata: [[String: String]],
        isExporting: Bool = true,
        ratio: Double = 0
    ) async throws -> [String] {
        var found: [String] = []
        try await withReceiver { receiver in
            try await withRelay {
                $0.webhooks.allowsPrivate = true
                if isExporting { $0.telemetry.endpoint = OTLPEndpoint("http://127.0.0.1:9") }
                $0.telemetry.sampleRatio = ratio
                $0.telemetry.carriesTraces = false
            } _: { relay in
                let token = try await relay.administratorToken
                try await relay.makeTopic("a", token: token)
                _ = try await relay.makeWebhook(["url": receiver.url(), "topic": "a"], token: token)
                for (number, metadata) in metadata.enumerated() {
                    let body: [String: Any] = ["topic": "a", "payload": ["n": number], "metadata": metadata]
                    let reply = try await relay.send(.POST, "/api/v1/messages", token: token, json: body)
                    try #require(reply.status == 201, "\(reply)")
                    try await receiver.until { $0.numbers(in: "a").count == number + 1 }
                }
            }
            found = receiver.deliveries.map { $0.headers.first(name: "traceparent") ?? "" }
        }
        return found
    }

    @Test("a delivery goes on in the trace of the message that it tells of, recorded where that is")
    func continued() async throws {
        let found = try await Self.deliver([["traceparent": Self.sent], ["traceparent": Self.unrecorded], ["a": "b"]])
        try #require(found.count == 3)
        let context = try #require(TraceContext(traceparent: found[0]))
        #expect(found[0].hasPrefix(Self.sent.prefix(36)) && found[0] != Self.sent && context.isSampled)
        #expect(found[1] == Self.unrecorded && found[2] == "")
    }

    @Test("one of a message without a trace begins one of its own, where such are recorded")
    func own() async throws {
        let found = try await Self.deliver([["a": "b"], ["a": "b"]], ratio: 1)
        let contexts = found.compactMap { TraceContext(traceparent: $0) }
        #expect(contexts.count == 2 && contexts.allSatisfy(\.isSampled) && Set(contexts.map(\.traceID)).count == 2)
    }

    @Test("nothing is told of traces where nothing is exported")
    func silent() async throws {
        #expect(try await Self.deliver([["traceparent": Self.sent]], isExporting: false, ratio: 1) == [""])
    }
}
