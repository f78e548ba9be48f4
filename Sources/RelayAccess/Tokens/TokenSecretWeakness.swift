/// Why a text is no good as the secret that signs access tokens. The one place that knows the rules.
public enum TokenSecretWeakness: Hashable, Sendable {
    /// It holds the secret that the Python relay ships in its examples: anyone can forge tokens.
    case placeholder
    /// It has fewer than ``minimumLength`` characters, so that it can be guessed.
    case short

    /// In characters.
    public static let minimumLength = 32

    static let placeholderSecret = "your-secret-key-here-change-in-production"

    /// - Returns: nil where nothing is wrong; `placeholder` before `short`.
    public init?(of secret: String) {
        if secret.contains(Self.placeholderSecret) {
            self = .placeholder
        } else if secret.count < Self.minimumLength {
            self = .short
        } else {
            return nil
        }
    }
}
