import RelayClient

/// Exit codes of `pulsar-relay`. They are part of its interface: scripts depend on them.
public enum CommandStatus: Int32, Sendable {
    case success = 0
    /// The relay refused, could not be reached, or a file could not be used.
    case failure = 1
    /// The command line or the input is wrong.
    case usage = 2
    /// The configuration is not safe to start with.
    case refused = 3
    /// Not logged in, or the login is no longer good.
    case authentication = 4

    public init(for error: any Error) {
        switch error {
        case is UsageError, is JSONDocumentError: self = .usage
        case is NoRelayNamed: self = .authentication
        case let error as RelayError: self.init(for: error)
        default: self = .failure
        }
    }

    private init(for error: RelayError) {
        switch error.code {
        case .authenticationRequired: self = .authentication
        case .invalidEndpoint, .invalidInput: self = .usage
        default: self = .failure
        }
    }
}
