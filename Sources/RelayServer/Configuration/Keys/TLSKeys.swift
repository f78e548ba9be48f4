extension RelayConfiguration {
    /// Whether the relay's own port speaks TLS, and by which certificate.
    public struct TLS: Hashable, Sendable {
        /// nil, the default: the port speaks plain HTTP. Read again when the file changes.
        @Setting(
            "tls_cert_path",
            aliases: ["tls_cert"],
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of the relay's certificate and those that lead to its authority. Not set: plain HTTP."
        )
        public var certificatePath: String? = nil

        /// Read again when the file changes.
        @Setting(
            "tls_key_path",
            aliases: ["tls_key"],
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of that certificate's key, without a passphrase."
        )
        public var keyPath: String? = nil

        /// For development: no client trusts it before it is told to.
        @Setting(
            "tls_self_signed",
            .boolean,
            "Speak TLS with a certificate that the relay makes for itself, for development. Kept in data_dir with sqlite."
        )
        public var isSelfSigned = false

        /// nil, the default: no client needs a certificate. Read again when the file changes.
        @Setting(
            "client_ca_path",
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of authorities: who connects must show a certificate of one of them. Not set: nobody needs one."
        )
        public var clientAuthorityPath: String? = nil

        /// nil, the default: where `client_ca_path` is set.
        @Setting(
            "mtls_enabled",
            ValueFormat.boolean.optional,
            "Whether clients need a certificate. Not set: where client_ca_path is set."
        )
        public var needsClientCertificates: Bool? = nil

        static let keys = ConfigurationKey.keys(
            "tls",
            prefixes: ["tls_"],
            at: \.tls,
            \.$certificatePath,
            \.$keyPath,
            \.$isSelfSigned,
            \.$clientAuthorityPath,
            \.$needsClientCertificates
        )

        public init() {}

        /// Whether the port speaks TLS.
        var isEnabled: Bool { self.certificatePath != nil || self.isSelfSigned }

        /// The file of the authorities whose certificates clients need; nil where they need none.
        var requiredAuthorityPath: String? {
            self.needsClientCertificates ?? true ? self.clientAuthorityPath : nil
        }
    }
}
