import RelayClient
import Testing

@testable import RelayProof

@Suite("What becomes of a publish")
struct PublishAttemptsTests {
    private var attempts = PublishAttempts(deadline: .now + .seconds(60))
    private var random = ProofRandom(seed: 1)

    private mutating func failed(_ code: RelayError.Code, status: Int? = nil, retryAfter: Duration? = nil)
        -> PublishAttempts.Action
    {
        let error = RelayError(code, status: status, detail: "", retryAfter: retryAfter)
        return self.attempts.failed(error, at: .now, using: &self.random)
    }

    private static func isRetry(_ action: PublishAttempts.Action) -> Bool {
        if case .retry = action { true } else { false }
    }

    @Test("A refusal is final where nothing can be stored yet, and says nothing where something can")
    mutating func refused() {
        #expect(Self.isRetry(self.failed(.refused, status: 429)))
        #expect(Self.isRetry(self.failed(.authenticationRequired, status: 401)))
        #expect(self.failed(.refused, status: 403) == .refused)
        #expect(Self.isRetry(self.failed(.unavailable)))
        #expect(self.failed(.refused, status: 403) == .giveUp)
    }

    @Test("A refusal after a 503 says nothing: the store may have broken off after it had stored the message")
    mutating func refusedAfterUnavailable() {
        #expect(Self.isRetry(self.failed(.unavailable, status: 503)))
        #expect(self.failed(.refused, status: 403) == .giveUp)
    }

    @Test("Retry-After is waited for, and the deadline ends all")
    mutating func waits() {
        guard case .retry(let delay) = self.failed(.unavailable, status: 503, retryAfter: .seconds(7)) else {
            Issue.record("no retry after a 503")
            return
        }
        #expect(delay == .seconds(7))
        let late = PublishAttempts(deadline: .now - .seconds(1))
        self.attempts = late
        #expect(self.failed(.unavailable, status: 503) == .giveUp)
    }
}
