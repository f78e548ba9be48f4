import SeededRandom
import Testing

@testable import RelayClient

@Suite("Retries")
struct RetryStateTests {
    private struct Fault: Error {}

    private var random = SeededGenerator(seed: 1)

    private static func reply(_ status: Int, retryAfter: Duration? = nil) -> RequestOutcome {
        .replied(HTTPReply(status: status, retryAfter: retryAfter, body: []))
    }

    private static func state(maxAttempts: Int? = 3, isRepeatable: Bool = true, hasToken: Bool = true) -> RetryState {
        RetryState(
            policy: RetryPolicy(maxAttempts: maxAttempts),
            isRepeatable: isRepeatable,
            canAuthenticateAgain: hasToken
        )
    }

    /// The action in a word.
    private static func name(_ action: RetryState.Action) -> String {
        switch action {
        case .succeed: "succeed"
        case .authenticateAgain: "authenticate"
        case .retry: "retry"
        case .fail(let error): "fail \(error.code)"
        }
    }

    @Test(
        "The class of the status decides",
        arguments: [
            (200, "succeed"), (201, "succeed"), (204, "succeed"), (207, "succeed"),
            (302, "fail invalidReply"), (400, "fail refused"), (403, "fail refused"), (404, "fail refused"),
            (409, "fail refused"), (413, "fail refused"), (422, "fail refused"), (429, "fail refused"),
            (500, "retry"), (502, "retry"), (503, "retry"), (504, "retry"),
        ]
    )
    mutating func statuses(status: Int, expected: String) {
        var state = Self.state()
        #expect(Self.name(state.attemptEnded(Self.reply(status), using: &self.random)) == expected)
    }

    @Test("A 401 renews the token once, and a second one is final")
    mutating func authentication() {
        var state = Self.state()
        #expect(Self.name(state.attemptEnded(Self.reply(401), using: &self.random)) == "authenticate")
        #expect(
            Self.name(state.attemptEnded(Self.reply(401), using: &self.random)) == "fail authenticationRequired"
        )
    }

    @Test("A 401 without a token is final")
    mutating func noToken() {
        var state = Self.state(hasToken: false)
        #expect(
            Self.name(state.attemptEnded(Self.reply(401), using: &self.random)) == "fail authenticationRequired"
        )
    }

    @Test("A certificate that is not trusted is not asked for again")
    mutating func untrusted() {
        var endless = Self.state(maxAttempts: nil)
        let outcome = RequestOutcome.impossible(TLSFault.untrusted.relayError)
        #expect(Self.name(endless.attemptEnded(outcome, using: &self.random)) == "fail untrusted")
    }

    @Test("The number of attempts is limited, and nil is without end")
    mutating func limit() {
        var limited = Self.state(maxAttempts: 3)
        var endless = Self.state(maxAttempts: nil)
        let names = (0..<3).map { _ in Self.name(limited.attemptEnded(.broken(Fault()), using: &self.random)) }
        #expect(names == ["retry", "retry", "fail unavailable"])
        for _ in 0..<200 {
            #expect(Self.name(endless.attemptEnded(.broken(Fault()), using: &self.random)) == "retry")
        }
    }

    @Test(
        "What must not happen twice is sent again only where it can't have happened",
        arguments: [
            (RequestOutcome.notSent(Fault()), "retry"), (.broken(Fault()), "fail unavailable"),
            (.timedOut(Fault()), "fail unavailable"), (Self.reply(500), "fail unavailable"), (Self.reply(503), "retry"),
        ]
    )
    mutating func unrepeatable(outcome: RequestOutcome, expected: String) {
        var state = Self.state(isRepeatable: false)
        #expect(Self.name(state.attemptEnded(outcome, using: &self.random)) == expected)
    }

    @Test("Retry-After is waited for, but not beyond the limit")
    mutating func retryAfter() throws {
        var state = Self.state()
        guard
            case .retry(let delay) = state.attemptEnded(Self.reply(503, retryAfter: .seconds(17)), using: &self.random)
        else {
            Issue.record("not tried again")
            return
        }
        #expect(delay == .seconds(17))
        let late = state.attemptEnded(Self.reply(503, retryAfter: .seconds(121)), using: &self.random)
        #expect(Self.name(late) == "fail unavailable")
    }

    @Test(
        "Waits double up to the longest, and lose at most a half to chance",
        arguments: [(1, 1), (2, 2), (4, 8), (7, 60), (5000, 60)]
    )
    mutating func backoff(failures: Int, seconds: Int) {
        let backoff = Backoff()
        for _ in 0..<100 {
            let delay = backoff.delay(afterFailures: failures, using: &self.random)
            #expect(delay >= .seconds(seconds) / 2 && delay <= .seconds(seconds))
        }
    }
}
