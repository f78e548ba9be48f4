import RelayStorage
import Testing

@Suite("The fingerprint of the token secret that relays share", .timeLimit(.minutes(1)))
struct SharedSecretTests {
    @Test("each relay gets that of the one before it")
    func exchange() async throws {
        try await ValkeyPlace.with(2) { (stores, _) async throws in
            #expect(try await stores[0].exchangeTokenSecret(fingerprint: "a") == nil)
            #expect(try await stores[1].exchangeTokenSecret(fingerprint: "b") == "a")
            #expect(try await stores[0].exchangeTokenSecret(fingerprint: "b") == "b")
        }
    }
}
