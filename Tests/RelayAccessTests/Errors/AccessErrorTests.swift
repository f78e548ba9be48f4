import RelayCore
import Testing

@testable import RelayAccess

@Suite
struct AccessErrorTests {
    @Test(
        "Each refusal has the contract's status and text, and a challenge with every 401",
        arguments: [
            (.notAuthenticated, 401, "Not authenticated"),
            (.invalidToken, 401, "Invalid or expired token"),
            (.tokenRevoked, 401, "Token has been revoked"),
            (.userNotFound, 401, "User not found"),
            (.userInactive, 403, "User is inactive"),
            (.permissionRequired(.read), 403, "Permission 'read' required"),
            (.permissionRequired(.write), 403, "Permission 'write' required"),
            (.permissionRequired(.admin), 403, "Permission 'admin' required"),
            (.wrongCredentials, 401, "Incorrect username or password"),
            (.accountInactive, 403, "User account is inactive"),
            (.wrongPassword, 403, "The old password is not right"),
            (.passwordChanged, 409, "The password has been changed meanwhile"),
            (.invalidRefreshToken, 401, "invalid refresh token"),
            (.refreshUserNotFound, 401, "user not found"),
            (.malformedRefreshToken, 400, "malformed refresh token"),
            (.sessionNotFound, 404, "session not found"),
            (.usernameTaken("ada"), 400, "Username 'ada' already exists"),
            (.noSuchUser(UserID("u-1")), 404, "User with ID 'u-1' not found"),
            (.ownDeletion, 400, "Cannot delete your own user account"),
            (.rateLimited(.perMinute(120), retryAfterSeconds: 9), 429, "Rate limit exceeded: 120 per 1 minute"),
            (.overloaded, 503, "Server is overloaded, try again later"),
            (.unavailable, 503, "Service temporarily unavailable"),
        ] as [(AccessError.Code, Int, String)]
    )
    func table(code: AccessError.Code, status: Int, detail: String) {
        let error = AccessError(code)
        #expect(error.status == status)
        #expect(error.detail == detail)
        #expect((error.challenge != nil) == (status == 401))
    }

    @Test("A store's failure is 503, and its message stays out of the answer")
    func store() {
        let error = AccessError(StoreError(.unavailable, "disk /dev/sda1 is gone"))
        #expect(error.status == 503)
        #expect(!error.detail.contains("sda1"))
        #expect(error.description.contains("sda1"))
    }

    @Test("Passwords, tokens and hashes don't show when values are printed")
    func secrets() throws {
        let bench = try Bench()
        let issued = try bench.tokens.issue(for: bench.ada.principal, at: bench.clock.now)
        let printed = [
            "\(UserRegistration(username: "u", password: "hunter22"))", "\(UserPatch(password: "hunter22"))",
            "\(TokenPair(user: UserID("u"), accessToken: "hunter22", expiresIn: 1, refreshToken: "hunter22"))",
            "\(AccessSettings(tokenSecret: "hunter22"))", "\(issued)", "\(bench.ada)",
        ].joined()
        #expect(!printed.contains("hunter22"))
        #expect(!printed.contains(issued.text))
        #expect(!printed.contains(Bench.password))
    }
}
