/// Why tokens can't be signed safely with what was configured. The relay must not start.
public enum AccessTokenSettingsError: Error, Hashable, CustomStringConvertible {
    case secretIsPlaceholder
    case secretTooShort
    case lifetimeTooShort

    /// Published in the Python relay's source, so worth nothing as a secret.
    static let placeholderSecret = "your-secret-key-here-change-in-production"

    public var description: String {
        switch self {
        case .secretIsPlaceholder: "the token secret is the published placeholder: set one of your own"
        case .secretTooShort: "the token secret is shorter than 32 characters"
        case .lifetimeTooShort: "access tokens must live longer than 300 s: clients renew with 300 s left"
        }
    }
}
