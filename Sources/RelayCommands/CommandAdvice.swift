import RelayClient

/// What a person may do about an error: said behind it.
public enum CommandAdvice {
    /// - Returns: nil where the error itself says all there is to say.
    public static func text(for error: any Error) -> String? {
        guard let error = error as? RelayError else { return nil }
        switch error.code {
        // Whoever gave a wrong password was just logging in.
        case .authenticationRequired: return error.isWrongPassword ? nil : "Log in with: pulsar-relay login"
        case .untrusted:
            return "Name its authority with --ca FILE, or the certificate itself where the relay made it"
        default: return nil
        }
    }
}
