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
        settings.rateLimits = self.rateLimits.limits
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

    var topicScope: RelayCore.TopicScope {
        switch self.access.topicScope {
        case .global: .global
        case .owner: .owner
        }
    }
}

extension RelayConfiguration.RateLimits {
    /// As the access floor takes them: a limit of 0 is none.
    fileprivate var limits: RateLimits {
        guard self.isEnabled else { return .none }
        var limits = RateLimits.none
        let configured: [(RateLimitRule, Int)] = [
            (.login, self.login), (.refresh, self.refresh), (.publish, self.publish), (.bulk, self.bulk),
            (.failedJoin, self.failedJoins), (.anonymousSession, self.anonymousSessions),
        ]
        for (rule, count) in configured where count > 0 { limits[rule] = .perMinute(count) }
        return limits
    }
}
