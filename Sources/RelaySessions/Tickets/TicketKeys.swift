/// The keys of a cluster's tickets: the one that signs, and those of other relays and earlier times, by which tickets are still verified.
///
/// What the relay signs can't be taken for another thing that it signs. A ticket's signed bytes begin with `ey`, those of older tokens with
/// `{`. What peers sign with their keys begins with a zero byte: see ``KeyProof/message(nonce:ticket:in:)``.
public struct TicketKeys: Sendable {
    /// A key and the header that tickets signed by it have, encoded.
    struct Verifying: Sendable {
        let key: PublicKey
        let header: [UInt8]
    }

    /// Signs.
    public let current: SigningKey
    /// The current key's first.
    let verifying: [Verifying]

    /// - Parameters:
    ///   - current: signs, and verifies.
    ///   - previous: verify only. Leave one out once the last ticket that it signed has expired.
    public init(current: SigningKey, previous: [PublicKey] = []) {
        self.current = current
        let others = previous.filter { $0 != current.publicKey }
        self.verifying = ([current.publicKey] + others).map { key in
            Verifying(key: key, header: TicketText.header(naming: key.thumbprint))
        }
    }

    /// Those by which tickets are verified, the current one first.
    public var publicKeys: [PublicKey] { self.verifying.map(\.key) }

    /// The public keys as a JWK Set (RFC 7517, section 5; RFC 8037, section 2): the body of `/.well-known/jwks.json`, whose type is
    /// `application/jwk-set+json`.
    public var document: String {
        let keys = self.publicKeys.map { key in
            #"{"kty":"OKP","crv":"Ed25519","x":"\#(key.text)","kid":"\#(key.thumbprint.text)","use":"sig","alg":"EdDSA"}"#
        }
        return #"{"keys":[\#(keys.joined(separator: ","))]}"#
    }
}
