import Crypto
import RelayWire

/// What a browser keeps while it is at a provider, and all that is made of it.
///
/// The store has a digest of it and nothing else. So who reads the store can neither end a sign-in that somebody else has begun, nor change the
/// provider's code for tokens.
public struct SignInSecret: Sendable, CustomStringConvertible {
    /// For the browser's cookie: 43 characters of base64url.
    public let text: String

    init() { self.text = Base64URL.encode(SecureRandom.bytes(32)) }

    init(_ text: String) { self.text = text }

    /// What the ID token must hold.
    public var nonce: String { self.derived("nonce") }
    /// By which the relay shows the provider that it has begun the sign-in itself (RFC 7636).
    public var verifier: String { self.derived("verifier") }
    /// The digest of ``verifier``, which the provider is given first.
    public var challenge: String { Base64URL.encode(SHA256.hash(data: Array(self.verifier.utf8))) }

    /// What the store keeps.
    var digest: String { Self.digest(of: self.text) }

    static func digest(of text: String) -> String { String(hexadecimal: SHA256.hash(data: Array(text.utf8))) }

    private func derived(_ purpose: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("pulsar-relay sign-in \(purpose)".utf8),
            using: SymmetricKey(data: Array(self.text.utf8))
        )
        return Base64URL.encode(Array(code))
    }

    /// It is a secret.
    public var description: String { "SignInSecret" }
}
