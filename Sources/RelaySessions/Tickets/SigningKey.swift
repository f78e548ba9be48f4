import Crypto

/// An Ed25519 key that signs. Never described in clear.
public struct SigningKey: Sendable, CustomStringConvertible {
    public let publicKey: PublicKey
    private let secretKey: [UInt8]

    public init(_ seed: TicketSeed) {
        let pair = Sodium.keyPair(seed: seed.bytes)
        guard let publicKey = PublicKey(bytes: pair.publicKey) else {
            preconditionFailure("a public key has \(Sodium.publicKeyBytes) bytes")
        }
        self.publicKey = publicKey
        self.secretKey = pair.secretKey
    }

    /// 64 bytes. The same for the same message, always.
    ///
    /// - Parameter message: begins with what tells its purpose from all others: a key signs for several. See ``TicketKeys``.
    func sign(_ message: [UInt8]) -> [UInt8] {
        Sodium.sign(message, by: self.secretKey)
    }

    /// A secret for another purpose, which tells nothing of the key: HKDF-SHA-256 of the key's seed.
    ///
    /// - Parameter purpose: what tells it from all others.
    func secret(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: self.secretKey.prefix(Sodium.seedBytes)),
            info: Array("pulsar-relay: \(purpose)".utf8),
            outputByteCount: 32
        )
    }

    public var description: String { "SigningKey(\(self.publicKey))" }
}
