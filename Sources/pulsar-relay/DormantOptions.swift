import ArgumentParser

/// Flags of the session service that have no effect here. So its command lines go on working, and the log names these.
struct DormantOptions: ParsableArguments {
    @Option var quicBind: String?
    @Option var tlsCert: String?
    @Option var tlsKey: String?
    @Option var databaseUrl: String?
    @Option var storageDir: String?
    @Option var otlpEndpoint: String?

    /// Those that are given, by their keys.
    var flags: [String: String] {
        let all = [
            "quic_bind": self.quicBind, "tls_cert": self.tlsCert, "tls_key": self.tlsKey,
            "database_url": self.databaseUrl, "storage_dir": self.storageDir, "otlp_endpoint": self.otlpEndpoint,
        ]
        return all.compactMapValues(\.self)
    }
}
