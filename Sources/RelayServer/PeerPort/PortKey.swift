import Crypto

/// Keys for what is said on the port for STUN. Each purpose has one of its own, made from the relay's secret, so relays with the same secret
/// have the same keys, and a key that became known tells nothing of the others.
enum PortKey {
    /// HKDF with SHA-256 (RFC 5869), without salt.
    ///
    /// - Parameter purpose: two purposes have two keys.
    static func derive(from secret: String, for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Array(secret.utf8)),
            info: Array("pulsar-relay \(purpose)".utf8),
            outputByteCount: 32
        )
    }
}
