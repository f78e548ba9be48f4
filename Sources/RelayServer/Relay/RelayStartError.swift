/// Why the relay does not start.
public enum RelayStartError: Error, CustomStringConvertible {
    /// The configuration is not safe to start with. Exit code 3.
    case refused([ConfigurationProblem])
    /// Something that it needs can't be had: the store, the secret file, the address. Exit code 1.
    case unavailable(String)

    /// For its operator: one problem a line.
    public var description: String {
        switch self {
        case .refused(let problems): problems.map(\.description).joined(separator: "\n")
        case .unavailable(let reason): reason
        }
    }
}
