extension RelayConfiguration {
    /// The server or the cluster that several relays share, where the storage backend is `valkey`.
    public struct Valkey: Hashable, Sendable {
        /// A name or an address. Default `localhost`.
        public var host = "localhost"
        /// Default 6379.
        public var port = 6379
        /// Nodes of a cluster to begin with, which then takes the place of `host` and `port`. Empty, the default: a single server.
        public var clusterNodes: [ClusterNode] = []
        /// An ACL user; nil, the default, is `default`.
        public var username: String?
        /// nil, the default: the server asks for none.
        public var password: Secret?
        /// Default false: plain TCP.
        public var usesTLS = false
        /// A PEM file with the authorities to trust; nil, the default: those of the machine.
        public var certificateAuthorityPath: String?
        /// Default 0.
        public var database = 0
        /// What every key begins with; relays with the same are one relay. Default `pulsar:`.
        public var prefix = "pulsar:"
        /// After so long without a reply a command has failed, and its publish is answered 503. Default 5 s.
        public var commandTimeout = Duration.seconds(5)
        /// How many replicas must have a message, with `replicated`. Default 1.
        public var replicas = 1
        /// How long to wait for them; then the publish is answered 503, though the message may be stored. Default 1 s.
        public var replicaTimeout = Duration.seconds(1)
        /// How long to wait for the disk, with `synced`; then as above. Default 3 s.
        public var syncTimeout = Duration.seconds(3)

        public init() {}

        /// Where a node of a cluster listens.
        public struct ClusterNode: Hashable, Sendable, CustomStringConvertible {
            /// A name or an address, without brackets.
            public var host: String
            public var port: Int

            public init(host: String, port: Int) {
                self.host = host
                self.port = port
            }

            /// Reads `host:port`; an IPv6 address is in brackets.
            public init?(_ text: String) {
                guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                    (1...65_535).contains(port)
                else { return nil }
                var host = text[..<colon]
                if host.hasPrefix("["), host.hasSuffix("]") {
                    host = host.dropFirst().dropLast()
                } else if host.contains(":") {
                    return nil
                }
                guard !host.isEmpty, host.utf8.count <= 255, !host.contains(where: { "[] /@".contains($0) }) else {
                    return nil
                }
                self.init(host: String(host), port: port)
            }

            public var description: String {
                self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
            }
        }
    }
}
