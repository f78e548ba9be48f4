/// Why tokens can't be signed safely with what was configured. The relay must not start.
public enum AccessTokenSettingsError: Error, Hashable, CustomStringConvertible {
    case weakSecret(TokenSecretWeakness)
    case lifetimeTooShort

    public var description: String {
        switch self {
        case .weakSecret(.placeholder): "the token secret is the published placeholder: set one of your own"
        case .weakSecret(.short): "the token secret is shorter than \(TokenSecretWeakness.minimumLength) characters"
        case .lifetimeTooShort: "access tokens must live longer than 300 s: clients renew with 300 s left"
        }
    }
}
