/// Sends a request as often as the policy says, with a fresh token where it needs one.
struct RequestPipeline: Sendable {
    let transport: HTTPTransport
    let policy: RetryPolicy
    let clock: any Clock<Duration>

    /// - Parameter keeper: gives the bearer token; nil for open routes.
    /// - Throws: ``RelayError``, or `CancellationError`.
    func reply(to call: HTTPCall, keeper: TokenKeeper?) async throws -> HTTPReply {
        var state = RetryState(
            policy: self.policy,
            isRepeatable: call.isRepeatable,
            retriesTimeout: call.retriesTimeout,
            canAuthenticateAgain: keeper != nil
        )
        var random = SystemRandomNumberGenerator()
        var rejected: String?
        while true {
            let bearer = try await keeper?.accessToken(rejecting: rejected)
            let outcome = try await self.transport.send(call, bearer: bearer)
            switch state.attemptEnded(outcome, using: &random) {
            case .succeed(let reply): return reply
            case .authenticateAgain: rejected = bearer
            case .retry(let delay): try await self.clock.sleep(for: delay)
            case .fail(let error): throw error
            }
        }
    }
}
