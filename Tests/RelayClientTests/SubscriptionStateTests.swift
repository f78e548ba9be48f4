import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayClient

@Suite("Subscription decisions")
struct SubscriptionStateTests {
    private struct Fault: Error {}

    private var random = SeededGenerator(seed: 7)
    private var state = SubscriptionState(cursors: CursorTable(), backoff: Backoff(), maxAttempts: nil)

    private static func message(_ id: String) -> RelayMessage {
        RelayMessage(topic: "t", messageID: id, payload: [:], timestamp: "T")
    }

    private static func name(_ action: SubscriptionState.EndAction) -> String {
        switch action {
        case .reconnect: "reconnect"
        case .authenticateAgain: "authenticate"
        case .finish: "finish"
        case .fail(let error): "fail \(error.code)"
        }
    }

    private mutating func end(_ end: ConnectionEnd) -> String {
        Self.name(self.state.connectionEnded(end, using: &self.random))
    }

    private static func refusal(_ status: Int) -> ConnectionEnd {
        .refused(HTTPReply(status: status, retryAfter: nil, body: []))
    }

    @Test("A message comes once, and moves the cursor")
    mutating func once() {
        let message = Self.message("5-0")
        #expect(self.state.received(.message(message)) == .deliver(.message(message)))
        #expect(self.state.received(.message(message)) == .ignore)
        #expect(self.state.received(.message(Self.message("4-9"))) == .ignore)
        #expect(self.state.cursors.cursors == ["t": "5-0"])
    }

    @Test("Where the relay starts is kept, so that a loss before the first message loses nothing")
    mutating func start() {
        _ = self.state.received(.subscribed(topics: ["t"], cursors: ["t": "3-0"]))
        _ = self.state.connectionEnded(.lost(Fault()), using: &self.random)
        #expect(self.state.cursors.cursors == ["t": "3-0"])
    }

    @Test(
        "The close code decides",
        arguments: [
            (1000, "finish"), (1001, "reconnect"), (1002, "fail subscriptionEnded"), (1005, "reconnect"),
            (1006, "reconnect"), (1008, "fail subscriptionEnded"), (1009, "fail subscriptionEnded"),
            (1011, "reconnect"),
            (1012, "reconnect"), (1013, "reconnect"), (4000, "reconnect"),
            (4001, "authenticate"),
        ]
    )
    mutating func closeCodes(code: Int, expected: String) {
        _ = self.state.received(.subscribed(topics: ["t"], cursors: [:]))
        #expect(self.end(.closed(code: code, reason: "")) == expected)
    }

    @Test("A denied subscription fails with the relay's words")
    mutating func denied() {
        #expect(
            self.state.received(.error(code: "SUBSCRIPTION_ERROR", message: "Access denied"))
                == .deliver(.error(code: "SUBSCRIPTION_ERROR", message: "Access denied"))
        )
        guard case .fail(let error) = self.state.connectionEnded(.closed(code: 1000, reason: ""), using: &self.random)
        else {
            Issue.record("did not fail")
            return
        }
        #expect(error.code == .subscriptionEnded && error.closeCode == 1000 && error.detail == "Access denied")
    }

    @Test(
        "The refusal of an upgrade is judged as any answer",
        arguments: [
            (403, "fail refused"), (404, "fail refused"), (429, "fail refused"), (500, "reconnect"), (503, "reconnect"),
            (200, "fail invalidReply"),
        ]
    )
    mutating func refusals(status: Int, expected: String) {
        #expect(self.end(Self.refusal(status)) == expected)
    }

    @Test("A 401 renews the token once per connection")
    mutating func authentication() {
        #expect(self.end(Self.refusal(401)) == "authenticate")
        #expect(self.end(Self.refusal(401)) == "fail authenticationRequired")
        _ = self.state.received(.subscribed(topics: ["t"], cursors: [:]))
        #expect(self.end(Self.refusal(401)) == "authenticate")
    }

    @Test("Nonsense is final, and so is a login that has run out; a relay that can't renew it now isn't")
    mutating func others() {
        #expect(self.end(.nonsense(JSONDocumentError(reason: "x"))) == "fail invalidReply")
        let noLogin = RelayError(.authenticationRequired, detail: "x")
        #expect(self.end(.unauthenticated(noLogin)) == "fail authenticationRequired")
        #expect(self.end(.unauthenticated(RelayError(.unavailable, detail: "x"))) == "reconnect")
    }

    @Test(
        "What is wrong with a certificate is final",
        arguments: [
            (TLSFault.untrusted, "fail untrusted"), (.otherName, "fail unusableCertificate"),
            (.expired(Timestamp(microseconds: 0)), "fail unusableCertificate"), (.noTLS, "fail invalidReply"),
        ]
    )
    mutating func certificates(fault: TLSFault, expected: String) {
        #expect(self.end(.lost(fault)) == expected)
    }

    @Test("Failures in a row are limited; an answer starts the count again")
    mutating func limit() {
        self.state = SubscriptionState(cursors: CursorTable(), backoff: Backoff(), maxAttempts: 2)
        #expect(self.end(.lost(Fault())) == "reconnect")
        _ = self.state.received(.subscribed(topics: ["t"], cursors: [:]))
        #expect(self.end(.lost(Fault())) == "reconnect")
        #expect(self.end(.lost(Fault())) == "fail unavailable")
    }

    @Test("Reading stops when the queue is full, and goes on when half of it is free")
    func queue() {
        var queue = InboundQueue(maxBytes: 4 * 74)
        for _ in 0..<4 {
            #expect(!queue.isFull)
            queue.append(.init(string: "0123456789"))
        }
        #expect(queue.isFull)
        #expect(queue.popFirst() != nil && queue.isFull)
        #expect(queue.popFirst() != nil && !queue.isFull)
        #expect(queue.bytes == 2 * 74)
    }
}
