/// The version of this software, as `pulsar-relay version` and `GET /health` show it.
public enum RelayVersion {
    /// Semantic version, without a leading `v`.
    public static let current = "0.1.0"
}
