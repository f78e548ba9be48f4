import RelayAccess
import Testing

@Suite("The fingerprint of a token secret")
struct TokenSecretFingerprintTests {
    @Test("It is the same for the same secret, another for another, and shows nothing of it")
    func fingerprint() {
        let secrets = ["", "a", "secret", "Secret", String(repeating: "x", count: 500)]
        let fingerprints = secrets.map(TokenSecretFingerprint.of)
        #expect(fingerprints == secrets.map(TokenSecretFingerprint.of))
        #expect(Set(fingerprints).count == secrets.count)
        #expect(fingerprints.allSatisfy { $0.count == 32 && !$0.contains("secret") })
    }
}
