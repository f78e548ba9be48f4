/// Tells the relay's own variables from others that begin the same.
struct EnvironmentNames: Sendable {
    static let prefix = "PULSAR_"
    /// Name the configuration file, which no file can do.
    static let configFile = ["config_file", "config"]

    /// Variables of other programs, in upper case: the relay's clients read some.
    var others: Set<String> = ["PULSAR_RELAY_ALLOW_INSECURE"]

    /// - Returns: the spelling of the key that `name` sets, nil where it is none of the relay's.
    func spelling(of name: String, value: String) -> String? {
        let name = name.uppercased()
        guard name.hasPrefix(Self.prefix), !self.others.contains(name) else { return nil }
        guard !Self.isServiceLink(name, value: value) else { return nil }
        return name.dropFirst(Self.prefix.count).lowercased().replacing("__", with: ".")
    }

    /// Kubernetes and Docker describe a service called `pulsar` or `pulsar-…` to its neighbours in variables like
    /// `PULSAR_PORT=tcp://10.0.0.7:8080` and `PULSAR_SERVICE_HOST`, the relay's own container included.
    private static func isServiceLink(_ name: String, value: String) -> Bool {
        if value.hasPrefix("tcp://") || value.hasPrefix("udp://") { return true }
        if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_SERVICE_PORT") { return true }
        return name.contains("_SERVICE_PORT_") || name.contains(/_PORT_[0-9]+_(TCP|UDP)(_|$)/)
    }
}
