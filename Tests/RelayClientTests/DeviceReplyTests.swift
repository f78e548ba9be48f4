import RelayWire
import Testing

@testable import RelayClient

@Suite struct DeviceReplyTests {
    @Test(
        "A device waits on while it may be let in, and not longer",
        arguments: [
            (200, "{}", "tokens"), (400, #"{"error":"authorization_pending"}"#, "pending"),
            (400, #"{"error":"slow_down"}"#, "slow down"), (429, #"{"error":"Rate limit exceeded"}"#, "slow down"),
            (503, "", "slow down"), (400, #"{"error":"access_denied"}"#, "authenticationRequired"),
            (400, #"{"error":"expired_token"}"#, "authenticationRequired"), (400, "nonsense", "refused"),
            (404, "", "refused"), (302, "", "invalidReply"),
        ]
    )
    func meaning(status: Int, body: String, expected: String) {
        let reply = HTTPReply(status: status, retryAfter: nil, body: Array(body.utf8))
        let found =
            switch DeviceReply(reply) {
            case .tokens: "tokens"
            case .pending: "pending"
            case .slowDown: "slow down"
            case .over(let error): "\(error.code)"
            }
        #expect(found == expected)
    }
}
