import NIOHTTP1
import RelayServer
import Testing

@Suite("A relay with a secret of fewer than 32 characters")
struct ShortSecretTests {
    @Test("It serves where insecure defaults are allowed, and its tokens are good", .timeLimit(.minutes(1)))
    func allowed() async throws {
        try await withRelay {
            $0.access.jwtSecret = Secret("short")
            $0.access.allowInsecureDefaults = true
        } _: { relay in
            let reply = try await relay.send(.GET, "/auth/me", token: try await relay.administratorToken)
            #expect(reply.status == 200)
        }
    }

    @Test("It does not start otherwise", .timeLimit(.minutes(1)))
    func refused() async {
        await #expect(throws: RelayStartError.self) {
            try await withRelay {
                $0.access.jwtSecret = Secret("short")
            } _: { _ in
                Issue.record("it serves all the same")
            }
        }
    }
}
