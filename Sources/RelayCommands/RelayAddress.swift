public import RelayClient

/// Which relay a command means.
public enum RelayAddress {
    /// The option, else `PULSAR_RELAY_URL`, else the relay of the last login. `http` to other machines needs
    /// `PULSAR_RELAY_ALLOW_INSECURE=1`, as in the Python client.
    ///
    /// - Throws: ``NoRelayNamed`` where nothing says which, `RelayError` where the URL can't be used.
    public static func endpoint(
        option: String?,
        environment: [String: String],
        book: LoginBook
    ) throws -> RelayEndpoint {
        guard let text = option ?? environment["PULSAR_RELAY_URL"] ?? book.defaultURL else {
            throw NoRelayNamed()
        }
        let allowsInsecure = environment["PULSAR_RELAY_ALLOW_INSECURE"] == "1"
        return try RelayEndpoint(text, allowsInsecure: allowsInsecure)
    }
}

/// Nothing says which relay is meant: nobody is logged in anywhere.
public struct NoRelayNamed: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a person may do about it.
    public var description: String { "which relay? Give --url, set PULSAR_RELAY_URL, or log in first" }
}
