import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct SessionStateTests {
    @Test(
        "What stands against a session: the token first, then the user",
        arguments: [
            (.active, false, false, 1, nil),
            (.active, false, false, 0, .invalidToken),
            (.active, false, false, -1, .invalidToken),
            (.active, true, false, 1, .tokenRevoked),
            (.active, true, false, 0, .invalidToken),
            (.active, false, true, 1, .tokenRevoked),
            (.active, false, true, 0, .invalidToken),
            (.inactive, false, true, 1, .userInactive),
            (.inactive, false, false, 1, .userInactive),
            (.inactive, true, false, 1, .tokenRevoked),
            (.deleted, false, false, 1, .userNotFound),
            (.deleted, false, false, 0, .invalidToken),
            (.unknown, false, false, 1, .unavailable),
            (.unknown, true, false, 1, .tokenRevoked),
        ] as [(Account.Standing, Bool, Bool, Int64, AccessError.Code?)]
    )
    func refusal(
        standing: Account.Standing,
        isRevoked: Bool,
        isOfOtherPassword: Bool,
        remaining: Int64,
        expected: AccessError.Code?
    ) {
        let refusal = SessionState.refusal(
            standing: standing,
            isRevoked: isRevoked,
            isOfOtherPassword: isOfOtherPassword,
            expiresAt: Timestamp(microseconds: 1000 + remaining),
            now: Timestamp(microseconds: 1000)
        )
        #expect(refusal == expected)
    }
}
