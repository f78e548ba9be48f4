import RelayCore
import RelayMetrics
import RelayTunnels

/// What brings peers together and carries their bytes, as far as several parts of the relay share it.
struct RelayPeerParts: Sendable {
    let tokens: PunchTokens
    /// What the sessions' peers may have carried; nil for no limit.
    let bandwidths: SessionBandwidths?
    let bytes = RelayedBytes()
    let direct = DirectSuccess()
    /// What QUIC clients are shown; nil where there is no QUIC relay.
    let quic: QUICIdentity?
    let quicPort = QUICPortCollector()

    /// - Parameters:
    ///   - secret: the relay's, from which tokens are made.
    ///   - quic: see ``quic``.
    init(_ configuration: RelayConfiguration, secret: Secret, clock: RelayClock, quic: QUICIdentity? = nil) {
        self.quic = quic
        self.tokens = PunchTokens(key: PunchTokenKey(secret: secret.value)) { clock.now() }
        let bytesPerSecond = configuration.tunnels.bytesPerSecond
        self.bandwidths = bytesPerSecond > 0 ? SessionBandwidths(bytesPerSecond: bytesPerSecond) : nil
    }

    var collectors: [any MetricCollector] { [self.bytes, self.direct, self.quicPort] }
}
