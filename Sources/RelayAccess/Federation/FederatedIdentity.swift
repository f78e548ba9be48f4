/// Who somebody is elsewhere: at an identity provider, or to another issuer of tokens.
///
/// Only both together name a person: each issuer gives out its subjects by itself.
public struct FederatedIdentity: Hashable, Sendable {
    /// As the issuer's tokens have it in `iss`, byte for byte.
    public let issuer: String
    /// As they have it in `sub`: not empty.
    public let subject: String

    public init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

extension FederatedIdentity: CustomStringConvertible {
    public var description: String { "\(self.subject) of \(self.issuer)" }
}
