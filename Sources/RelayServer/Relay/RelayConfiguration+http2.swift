import RelayAccess

extension RelayConfiguration {
    /// What HTTP/2 connections work with.
    ///
    /// - Parameter limiter: counts floods.
    func http2Services(_ limiter: RateLimiter) -> HTTP2Services {
        let server = self.server
        return HTTP2Services(
            limits: server.http2Limits,
            places: ConnectionQuota(maxPerUser: server.streamsPerAddress, maxInAll: server.maxConnections),
            limiter: limiter,
            clients: ClientAddress(trustsForwardedFor: server.trustForwardedFor, proxies: server.trustedProxies),
            exempt: Listener.ownAddresses + server.trustedProxies
        )
    }
}
