import Crypto
public import RelayWire

/// That who sends a request has the key that its ticket names: a DPoP proof (RFC 9449), signed with Ed25519 (RFC 8037).
///
/// It names the method and the path of one request, the ticket, and the moment. The relay's host is not compared: a proxy may have changed
/// it, and the ticket is good in its own cluster only.
public struct RequestProof: Hashable, Sendable {
    /// How long before and after its `iat` a proof is taken. In seconds.
    public static let lifetimeSeconds: Int64 = 60
    /// Of a whole proof. Longer ones are refused before anything of them is decoded.
    public static let maximumBytes = 2048

    /// Why a proof is not taken.
    public enum Refusal: Error, Hashable, Sendable, CaseIterable {
        /// No JWS of the form that RFC 9449, section 4.2 asks for, or by another algorithm than Ed25519.
        case malformed
        case badSignature
        /// Not the key that the ticket names.
        case wrongKey
        /// For another method, path or ticket.
        case wrongRequest
        /// Made too long ago, or by a clock that is ahead.
        case notNow
    }

    /// What a proof has to be for.
    public struct Request: Hashable, Sendable {
        /// As sent: `GET`.
        public var method: String
        /// As sent, without the query.
        public var path: String
        /// The ticket that the request shows.
        public var token: String

        public init(method: String, path: String, token: String) {
            self.method = method
            self.path = path
            self.token = token
        }
    }

    /// The proof's own name, by which it is taken once.
    let use: ProofUse

    /// Checks a proof. Whether it was used before is not looked at.
    ///
    /// - Parameters:
    ///   - text: the value of the `DPoP` header, of any length and with anything in it.
    ///   - key: the one that the ticket names.
    public init(
        _ text: String,
        for request: Request,
        by key: KeyThumbprint,
        at now: Timestamp
    ) throws(Refusal) {
        guard text.utf8.count <= Self.maximumBytes else { throw .malformed }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Sodium.bytes(base64: parts[0]), let body = Sodium.bytes(base64: parts[1]),
            let signature = Sodium.bytes(base64: parts[2]), let signer = Self.signer(head)
        else { throw .malformed }
        guard signer.thumbprint == key else { throw .wrongKey }
        guard signer.signed(Array(bytes[..<parts[1].endIndex]), with: signature) else { throw .badSignature }
        guard let claims = Claims(body) else { throw .malformed }
        guard claims.method == request.method, Self.path(of: claims.address) == request.path,
            claims.tokenDigest == Sodium.base64(Array(SHA256.hash(data: Array(request.token.utf8))))
        else { throw .wrongRequest }
        let issuedAt = Timestamp(microseconds: 0).adding(seconds: claims.issuedAt)
        let ages = now.adding(seconds: -Self.lifetimeSeconds)...now.adding(seconds: Self.lifetimeSeconds)
        guard ages.contains(issuedAt) else { throw .notNow }
        self.use = ProofUse(
            of: key,
            named: Array(claims.id.utf8),
            madeAt: issuedAt,
            until: issuedAt.adding(seconds: Self.lifetimeSeconds)
        )
    }

    /// The key that the header brings along. It has no private half there (RFC 9449, section 4.3), and asks for nothing else.
    private static func signer(_ head: [UInt8]) -> PublicKey? {
        guard let members = try? PayloadMembers(head), members.names == ["typ", "alg", "jwk"],
            (try? members.text("typ")) == "dpop+jwt", ["EdDSA", "Ed25519"].contains(try? members.text("alg")),
            let jwk = try? members.objectIfThere("jwk"), !jwk.names.contains("d"),
            (try? jwk.text("kty")) == "OKP", (try? jwk.text("crv")) == "Ed25519", let x = try? jwk.text("x")
        else { return nil }
        return PublicKey(text: x)
    }

    /// What `htu` names at whichever host, without query and fragment.
    private static func path(of address: String) -> String? {
        guard let scheme = address.firstRange(of: "://"),
            ["http", "https", "ws", "wss"].contains(address[..<scheme.lowerBound].lowercased())
        else { return nil }
        let rest = address[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
        guard let slash = rest.firstIndex(of: "/") else { return rest.isEmpty ? nil : "/" }
        return slash == rest.startIndex ? nil : String(rest[slash...])
    }

    private struct Claims {
        let id: String
        let method: String
        let address: String
        let issuedAt: Int64
        let tokenDigest: String

        init?(_ payload: [UInt8]) {
            guard let members = try? PayloadMembers(payload), let id = try? members.text("jti"),
                (1...256).contains(id.utf8.count), let method = try? members.text("htm"),
                let address = try? members.text("htu"), let issuedAt = try? members.integer("iat"),
                (0...Self.latest).contains(issuedAt), let tokenDigest = try? members.text("ath")
            else { return nil }
            self.id = id
            self.method = method
            self.address = address
            self.issuedAt = issuedAt
            self.tokenDigest = tokenDigest
        }

        /// In seconds since 1970. Later moments are in no timestamp.
        private static let latest: Int64 = 9_000_000_000_000
    }
}
