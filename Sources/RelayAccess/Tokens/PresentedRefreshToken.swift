import Crypto

/// A refresh token as clients hold it: `<jti>.<secret>`.
struct PresentedRefreshToken: Sendable {
    /// More than any relay has given out.
    private static let maximumBytes = 512
    private static let secretBytes = 32

    let jti: String
    /// SHA-256 of the secret's text: all that is stored, and all that is compared.
    let secretHash: [UInt8]

    /// - Returns: nil where `text` has not the form of a refresh token.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes else { return nil }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(jti: String(parts[0]), secret: parts[1])
    }

    private init(jti: String, secret: some StringProtocol) {
        self.jti = jti
        self.secretHash = Array(SHA256.hash(data: Array(secret.utf8)))
    }

    /// A new token, and the text that its client gets. The text exists nowhere else afterwards.
    static func make() -> (token: PresentedRefreshToken, text: String) {
        let jti = SecureRandom.uuid()
        let secret = Base64URL.encode(SecureRandom.bytes(Self.secretBytes))
        return (PresentedRefreshToken(jti: jti, secret: secret), "\(jti).\(secret)")
    }

    func matches(_ stored: RefreshToken) -> Bool {
        ConstantTime.areEqual(stored.secretHash, self.secretHash)
    }
}
