import NIOCore
import RelayAccess
import RelayCore

/// What the configuration means to each part of the relay.
extension RelayConfiguration {
    func accessSettings(secret: Secret) -> AccessSettings {
        var settings = AccessSettings(tokenSecret: secret.value)
        settings.allowsShortSecret = self.access.allowInsecureDefaults
        settings.accessTokenSeconds = self.access.accessTokenLifetime.components.seconds
        settings.refreshTokenDays = self.access.refreshTokenLifetime.components.seconds / 86_400
        settings.refreshReuseGraceSeconds = self.access.refreshReuseGrace.components.seconds
        settings.maxTokensPerUser = self.quotas.maxTokensPerUser
        settings.maxServiceTokensPerUser = self.quotas.maxServiceTokensPerUser
        settings.serviceTokens.usual = self.access.serviceTokenLifetime.components.seconds
        settings.serviceTokens.most = self.access.serviceTokenMaxLifetime.components.seconds
        settings.rateLimits = self.rateLimits.limits
        settings.devices.lifeSeconds = self.signIn.deviceCodeLifetime.components.seconds
        settings.devices.intervalSeconds = self.signIn.devicePollInterval.components.seconds
        settings.devices.maxWaiting = self.signIn.maxWaitingDevices
        settings.signIns.lifeSeconds = self.signIn.stateLifetime.components.seconds
        settings.signIns.maxWaiting = self.signIn.maxWaitingSignIns
        return settings
    }

    var brokerLimits: BrokerLimits {
        BrokerLimits(
            hotMessagesPerTopic: self.hotTier.maxMessagesPerTopic,
            hotBytesPerTopic: self.hotTier.maxBytesPerTopic,
            waitingOfUser: UserLoad.WaitingLimits(
                messages: self.quotas.maxWaitingPublishesPerUser,
                bytes: self.quotas.maxWaitingBytesPerUser
            ),
            topics: TopicQuota(maxPerUser: self.quotas.maxTopicsPerUser, maxInAll: self.quotas.maxTopics),
            maxGrantsPerTopic: self.quotas.maxGrantsPerTopic,
            retention: self.storage.retention,
            idempotencyWindowSeconds: self.storage.idempotencyWindow.components.seconds
        )
    }

    var readerSettings: ReaderCursors.Settings {
        ReaderCursors.Settings(
            quota: ReaderQuota(
                maxPerTopic: self.quotas.maxNamedReadersPerTopic,
                maxPerUser: self.quotas.maxNamedReadersPerUser
            ),
            idleSeconds: self.quotas.namedReaderIdle.components.seconds,
            watchedReaders: self.metrics.perTopic ? self.metrics.maxTopics : 0
        )
    }

    /// Whether the example page is served: as configured, else to this machine alone.
    var showsExample: Bool { self.documents.example ?? StartupGuard.isLoopback(self.server.host) }

    var connectionTimeouts: ConnectionTimeouts {
        ConnectionTimeouts(
            header: TimeAmount(self.server.headerTimeout),
            read: TimeAmount(self.server.readTimeout),
            write: TimeAmount(self.server.writeTimeout),
            idle: TimeAmount(self.server.idleTimeout)
        )
    }

    var webhookSettings: WebhookServices.Settings {
        WebhookServices.Settings(
            maxTopics: self.webhooks.maxTopics,
            width: self.webhooks.width,
            deadAfter: TimeAmount(self.webhooks.deadAfter),
            readerIdle: .seconds(self.readerSettings.idleSeconds),
            patience: TimeAmount(self.webhooks.timeout),
            reach: self.webhooks.allowsPrivate ? .everywhere : .publicAddresses
        )
    }

    var senderLimits: SenderBudget.Limits {
        SenderBudget.Limits(
            messagesPerSecond: self.signaling.messagesPerSecond,
            bytesPerSecond: self.signaling.bytesPerSecond
        )
    }

    var requestGate: RequestGate {
        RequestGate(
            hosts: TrustedHosts(self.server.trustedHosts),
            origins: AllowedOrigins(self.server.allowedOrigins)
        )
    }

    var topicScope: RelayCore.TopicScope {
        switch self.access.topicScope {
        case .global: .global
        case .owner: .owner
        }
    }
}

extension RelayConfiguration.Server {
    /// Of one address, for connections of any kind.
    var addressLimits: AddressTable.Limits {
        AddressTable.Limits(open: self.maxConnectionsPerAddress, perSecond: self.maxNewConnectionsPerAddress)
    }

    /// Of one HTTP/2 connection.
    var http2Limits: HTTP2Limits { HTTP2Limits(maxStreams: self.maxStreams) }

    /// HTTP/2 streams of one address: each is what a connection is for HTTP/1.1.
    var streamsPerAddress: Int { self.maxConnectionsPerAddress > 0 ? self.maxConnectionsPerAddress : .max }
}

extension RelayConfiguration.RateLimits {
    /// As the access floor takes them: a limit of 0 is none.
    var limits: RateLimits {
        guard self.isEnabled else { return .none }
        var limits = RateLimits.none
        let configured: [(RateLimitRule, Int)] = [
            (.login, self.login), (.refresh, self.refresh), (.publish, self.publish), (.bulk, self.bulk),
            (.failedJoin, self.failedJoins), (.anonymousSession, self.anonymousSessions),
            (.deviceCode, self.deviceCode), (.deviceToken, self.deviceToken), (.devicePage, self.devicePage),
            (.flood, self.floods),
        ]
        for (rule, count) in configured where count > 0 { limits[rule] = .perMinute(count) }
        return limits
    }
}
