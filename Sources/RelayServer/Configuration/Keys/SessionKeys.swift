import RelaySessions

extension RelayConfiguration {
    /// Editing sessions: who may make them, how long they last, and how much they may hold.
    public struct Sessions: Hashable, Sendable {
        @Setting(
            "sessions_allow_anonymous",
            .boolean,
            "Let everybody make sessions without an account.",
            reloads: true
        )
        public var allowsAnonymous = SessionSettings().allowsAnonymous

        @Setting(
            "sessions_accept_legacy_tokens",
            .boolean,
            "Take join tokens of older programs, which can't be revoked.",
            reloads: true
        )
        public var acceptsLegacyTokens = SessionSettings().acceptsLegacyTokens

        /// nil, the default: relays that share a store make one and share it.
        @Setting(
            "server_ed25519_key",
            ValueFormat.secret(minimumLength: 1).optional,
            "Signs session tickets: 64 hex digits, or base64 of 32 bytes, or file:PATH. Not set: one is made and kept in the store."
        )
        public var serverKey: Secret? = nil

        @Setting(
            "sessions_cluster_id",
            .text(length: 1...TicketClaims.maximumNameBytes),
            "What session tickets name as issuer and audience; the same on all relays that share a store."
        )
        public var clusterID = SessionSettings().cluster

        @Setting(
            "session_ttl",
            .seconds(.seconds(60) ... .seconds(30 * 86_400)),
            "Life of a session after its creation, or its host's last heartbeat."
        )
        public var lifetime = Duration.seconds(SessionTimes().sessionSeconds)

        @Setting(
            "session_max_ttl",
            .seconds(.seconds(60) ... .seconds(30 * 86_400)),
            "Longest life of a session, heartbeats or not."
        )
        public var longestLifetime = Duration.seconds(SessionTimes().maximumSessionSeconds)

        @Setting(
            "session_host_grace_seconds",
            .seconds(.seconds(1) ... .seconds(3_600)),
            "Seconds in which a host that lost its connection may come back."
        )
        public var hostGrace = Duration.seconds(SessionTimes().hostGraceSeconds)

        @Setting(
            "session_reconnect_seconds",
            .seconds(.seconds(1) ... .seconds(3_600)),
            "Seconds in which another peer that lost its connection may come back."
        )
        public var reconnect = Duration.seconds(SessionTimes().reconnectSeconds)

        @Setting(
            "session_lease_seconds",
            .seconds(.seconds(3) ... .seconds(3_600)),
            "Seconds without a poll or a connection after which a peer counts as lost."
        )
        public var lease = Duration.seconds(SessionTimes().leaseSeconds)

        @Setting(
            "session_ticket_seconds",
            .seconds(.seconds(5) ... .seconds(86_400)),
            "Life of a peer's ticket. It is renewed in time while the peer has a signaling socket or a tunnel.",
            reloads: true
        )
        public var ticketLifetime = Duration.seconds(TicketMinter.Lifetimes().peer)

        @Setting(
            "max_sessions",
            .integer(1...10_000_000),
            "Sessions at a time, on all relays that share a store; 503 beyond.",
            reloads: true
        )
        public var maxSessions = SessionSettings().maxSessions

        @Setting(
            "max_sessions_per_user",
            .integer(1...10_000_000),
            "Sessions that one user may have at a time; 429 beyond.",
            reloads: true
        )
        public var maxSessionsPerUser = SessionSettings().maxSessionsPerAccount

        @Setting(
            "max_anonymous_sessions_per_address",
            .integer(1...10_000_000),
            "Sessions at a time that were made from one address without an account; 429 beyond.",
            reloads: true
        )
        public var maxAnonymousPerAddress = SessionSettings().maxAnonymousSessionsPerAddress

        @Setting("session_max_peers", .integer(1...1_024), "Peers in a session.")
        public var maxPeers = SessionLimits().peers

        @Setting("session_max_invites", .integer(1...1_000), "Invites of a session that are good at a time.")
        public var maxInvites = SessionLimits().invites

        @Setting("session_max_documents", .integer(1...1_024), "Documents in a session; 503 beyond.")
        public var maxDocuments = SessionLimits().sharedDocuments

        @Setting("session_max_metadata_bytes", .bytes(2...65_536), "Bytes of a session's metadata.")
        public var maxMetadataBytes = SessionLimits().metadataBytes

        @Setting("session_max_chat_bytes", .bytes(64...1_048_576), "Bytes of a chat message, and of one of presence.")
        public var maxChatBytes = SessionMessageLimits().chatBytes

        @Setting(
            "session_max_signal_bytes",
            .bytes(64...1_048_576),
            "Bytes of a message by which peers arrange something."
        )
        public var maxSignalBytes = SessionMessageLimits().signalBytes

        @Setting("session_max_file_bytes", .bytes(64...(1 << 30)), "Bytes of a manifest, or of a piece of a file.")
        public var maxFileBytes = SessionMessageLimits().fileBytes

        @Setting(
            "session_max_messages",
            .integer(1...1_000_000_000),
            "Messages that a session's own topic keeps; of more the oldest go."
        )
        public var maxMessages = SessionMessageLimits().keptMessages

        @Setting(
            "session_max_hot_messages",
            .integer(1...1_000_000_000),
            "Messages that each of its other topics keeps: signals, presence, pieces of files."
        )
        public var maxHotMessages = SessionMessageLimits().hotMessages

        @Setting(
            "session_max_bytes",
            .bytes((1 << 20)...(1 << 40)),
            "Bytes that all messages of a session may have in 30 s at one relay. Half of them may come at once."
        )
        public var maxBytes = SessionMessageLimits().sessionBytes

        @Setting(
            "session_max_peer_bytes",
            .bytes((1 << 20)...(1 << 40)),
            "Bytes that the messages of one of its peers may have in 30 s, likewise."
        )
        public var maxPeerBytes = SessionMessageLimits().peerBytes

        static let keys = ConfigurationKey.keys(
            "sessions",
            prefixes: ["sessions_", "session_"],
            at: \.sessions,
            \.$allowsAnonymous,
            \.$acceptsLegacyTokens,
            \.$serverKey,
            \.$clusterID,
            \.$lifetime,
            \.$longestLifetime,
            \.$hostGrace,
            \.$reconnect,
            \.$lease,
            \.$ticketLifetime,
            \.$maxSessions,
            \.$maxSessionsPerUser,
            \.$maxAnonymousPerAddress,
            \.$maxPeers,
            \.$maxInvites,
            \.$maxDocuments,
            \.$maxMetadataBytes,
            \.$maxChatBytes,
            \.$maxSignalBytes,
            \.$maxFileBytes,
            \.$maxMessages,
            \.$maxHotMessages,
            \.$maxBytes,
            \.$maxPeerBytes
        )

        public init() {}
    }
}

extension RelayConfiguration.Sessions {
    var settings: SessionSettings {
        var settings = SessionSettings()
        settings.cluster = self.clusterID
        settings.allowsAnonymous = self.allowsAnonymous
        settings.acceptsLegacyTokens = self.acceptsLegacyTokens
        settings.maxSessions = self.maxSessions
        settings.maxSessionsPerAccount = self.maxSessionsPerUser
        settings.maxAnonymousSessionsPerAddress = self.maxAnonymousPerAddress
        settings.rules.times.sessionSeconds = self.lifetime.components.seconds
        settings.rules.times.maximumSessionSeconds = self.longestLifetime.components.seconds
        settings.rules.times.hostGraceSeconds = self.hostGrace.components.seconds
        settings.rules.times.reconnectSeconds = self.reconnect.components.seconds
        settings.rules.times.leaseSeconds = self.lease.components.seconds
        settings.lifetimes.peer = self.ticketLifetime.components.seconds
        settings.rules.limits.peers = self.maxPeers
        settings.rules.limits.invites = self.maxInvites
        settings.rules.limits.sharedDocuments = self.maxDocuments
        settings.rules.limits.metadataBytes = self.maxMetadataBytes
        settings.messages.chatBytes = self.maxChatBytes
        settings.messages.signalBytes = self.maxSignalBytes
        settings.messages.fileBytes = self.maxFileBytes
        settings.messages.keptMessages = self.maxMessages
        settings.messages.hotMessages = self.maxHotMessages
        settings.messages.sessionBytes = self.maxBytes
        settings.messages.peerBytes = self.maxPeerBytes
        return settings
    }
}
