import Crypto

/// An Ed25519 public key (RFC 8032): a relay's, or a peer's identity key.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// - Returns: nil unless there are 32 bytes. Whether they are a point on the curve shows when a signature is checked: none is good under
    ///   bytes that aren't.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Sodium.publicKeyBytes else { return nil }
        self.bytes = bytes
    }

    /// - Parameter text: base64url of 32 bytes without padding, as in ``text``.
    public init?(text: String) {
        guard text.utf8.count == 43, let bytes = Sodium.bytes(base64: text.utf8) else { return nil }
        self.init(bytes: bytes)
    }

    /// 43 characters of base64url: `x` of the key's JWK.
    public var text: String { Sodium.base64(self.bytes) }

    /// The key's JWK thumbprint (RFC 7638 with SHA-256; members as RFC 8037, appendix A.3).
    public var thumbprint: KeyThumbprint {
        let members = #"{"crv":"Ed25519","kty":"OKP","x":""# + self.text + #""}"#
        guard let thumbprint = KeyThumbprint(Array(SHA256.hash(data: Array(members.utf8)))) else {
            preconditionFailure("SHA-256 gives 32 bytes")
        }
        return thumbprint
    }

    func signed(_ message: [UInt8], with signature: [UInt8]) -> Bool {
        Sodium.isValid(signature, of: message, by: self.bytes)
    }

    public var description: String { self.text }
}

extension SessionDigest<KeyThumbprintKind> {
    /// - Returns: nil unless `text` is base64url of 32 bytes without padding.
    public init?(text: String) {
        guard text.utf8.count == 43, let bytes = Sodium.bytes(base64: text.utf8) else { return nil }
        self.init(bytes)
    }

    /// 43 characters of base64url: a key's `kid`, and `jkt` in a ticket's `cnf`.
    public var text: String { Sodium.base64(self.bytes) }
}
