import FoundationEssentials

/// A token of another issuer in its compact form (RFC 7515, 7.1), taken apart and not believed.
///
/// What it holds is bounded by its length alone, and nothing of it is used before its signature is found good.
public struct CompactToken: Sendable {
    /// Tokens with many groups are long; none is longer than this.
    public static let maximumBytes = 16 << 10

    private struct Header: Decodable {
        let alg: String
        let kid: String?
        let typ: String?
        let crit: ClaimValue?
    }

    /// The `alg` of its header, as it is there.
    let algorithm: String
    /// Its `kid`: which of the issuer's keys it names.
    let keyID: String?
    /// Its `typ` in small letters, without `application/`.
    let type: String?
    public let claims: TokenClaims
    /// What the signature is of.
    let signed: [UInt8]
    let signature: [UInt8]

    /// - Returns: nil where it is no such token: too long, not of three parts, not of JSON objects, or with an extension that has to be
    ///   understood (`crit`): none is.
    public init?(_ text: String) {
        // An object in base64url begins so. Of most other texts this is all that is looked at.
        guard text.utf8.count <= Self.maximumBytes, text.utf8.starts(with: "eyJ".utf8) else { return nil }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), ClaimValue.isShallow(head),
            let body = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), !signature.isEmpty,
            let header = try? JSONDecoder().decode(Header.self, from: Data(head)), header.crit == nil,
            let claims = TokenClaims(Data(body))
        else { return nil }
        self.algorithm = header.alg
        self.keyID = header.kid
        let type = header.typ?.lowercased()
        self.type = type.map { $0.hasPrefix("application/") ? String($0.dropFirst("application/".count)) : $0 }
        self.claims = claims
        self.signed = Array(bytes[..<parts[1].endIndex])
        self.signature = signature
    }
}

extension CompactToken: CustomStringConvertible {
    /// Without what it says and what it proves.
    public var description: String { "CompactToken(\(self.algorithm))" }
}
