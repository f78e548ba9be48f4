import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct SessionStateTests {
    @Test(
        "What stands against a session: the token first, then the user",
        arguments: [
            (.active, false, 1, nil),
            (.active, false, 0, .invalidToken),
            (.active, false, -1, .invalidToken),
            (.active, true, 1, .tokenRevoked),
            (.active, true, 0, .invalidToken),
            (.inactive, false, 1, .userInactive),
            (.inactive, true, 1, .tokenRevoked),
            (.deleted, false, 1, .userNotFound),
            (.deleted, false, 0, .invalidToken),
            (.unknown, false, 1, .unavailable),
            (.unknown, true, 1, .tokenRevoked),
        ] as [(Account.Standing, Bool, Int64, AccessError.Code?)]
    )
    func refusal(standing: Account.Standing, isRevoked: Bool, remaining: Int64, expected: AccessError.Code?) {
        let refusal = SessionState.refusal(
            standing: standing,
            isRevoked: isRevoked,
            expiresAt: Timestamp(microseconds: 1000 + remaining),
            now: Timestamp(microseconds: 1000)
        )
        #expect(refusal == expected)
    }
}
