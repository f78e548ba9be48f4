import Crypto

extension TicketSeed {
    /// What the text of a sealed seed begins with. Another way of sealing gets another.
    private static let sealedPrefix = "seed1."
    private static let label = Array("pulsar-relay: sealing of the session tickets' key, 1".utf8)
    /// A nonce of 12 bytes, 32 bytes, and a tag of 16.
    private static let sealedTextBytes = Self.sealedPrefix.utf8.count + 80

    /// The seed as relays may leave it to each other in a store: only who knows the secret can open it (RFC 8439, under a key that
    /// HKDF-SHA-256 makes of the secret).
    ///
    /// - Parameters:
    ///   - secret: of access tokens, without a weakness.
    ///   - cluster: the cluster's id. What was sealed for another is not opened.
    ///   - generator: the system's, but in tests.
    public func sealed(
        under secret: String,
        for cluster: String,
        using generator: inout some RandomNumberGenerator
    ) -> String {
        let nonce = [UInt8].random(12, using: &generator)
        guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
            let box = try? ChaChaPoly.seal(
                self.bytes,
                using: Self.key(of: secret),
                nonce: nonce,
                authenticating: Array(cluster.utf8)
            )
        else { preconditionFailure("12 bytes are a nonce, and 32 bytes can be sealed") }
        return Self.sealedPrefix + Sodium.base64(Array(box.combined))
    }

    /// - Returns: nil for anything but a text that ``sealed(under:for:using:)`` made with the same secret and cluster.
    public init?(sealed text: String, under secret: String, for cluster: String) {
        guard text.utf8.count == Self.sealedTextBytes, text.hasPrefix(Self.sealedPrefix),
            let bytes = Sodium.bytes(base64: text.utf8.dropFirst(Self.sealedPrefix.utf8.count)),
            let box = try? ChaChaPoly.SealedBox(combined: bytes),
            let seed = try? ChaChaPoly.open(box, using: Self.key(of: secret), authenticating: Array(cluster.utf8)),
            let opened = try? TicketSeed(bytes: Array(seed))
        else { return nil }
        self = opened
    }

    private static func key(of secret: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Array(secret.utf8)),
            info: Self.label,
            outputByteCount: 32
        )
    }
}
