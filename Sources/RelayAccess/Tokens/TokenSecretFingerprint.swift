import Crypto
import RelayWire

/// Tells whether two secrets are the same without telling either: from it nobody gets back to the secret, nor signs a token.
public enum TokenSecretFingerprint {
    private static let message = Array("pulsar-relay: fingerprint of the token secret, 1".utf8)

    /// 32 lower-case hex digits: half of an HMAC-SHA-256 whose key is the secret.
    public static func of(_ secret: String) -> String {
        let key = SymmetricKey(data: Array(secret.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: self.message, using: key)
        return String(hexadecimal: code.prefix(16))
    }
}
