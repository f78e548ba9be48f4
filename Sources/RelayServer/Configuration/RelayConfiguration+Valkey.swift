extension RelayConfiguration {
    /// The server that several relays share, where the storage backend is `valkey`.
    public struct Valkey: Hashable, Sendable {
        /// A name or an address. Default `localhost`.
        public var host = "localhost"
        /// Default 6379.
        public var port = 6379
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

        /// When a publish is answered. Default `stored`.
        public var durability = ValkeyDurability.stored
        /// How many replicas must have a message, with `replicated`. Default 1.
        public var replicas = 1
        /// How long to wait for them; then the publish is answered 503, though the message may be stored. Default 1 s.
        public var replicaTimeout = Duration.seconds(1)

        public init() {}
    }

    public enum ValkeyDurability: String, Hashable, Sendable, CaseIterable {
        /// Once the server has the message.
        case stored
        /// Once replicas have it as well.
        case replicated
    }
}
