import Crypto
import NIOCore
import RelayQUIC
import RelayTunnels
import RelayWire

/// What the configuration says of the QUIC relay.
extension RelayConfiguration {
    /// Names in ALPN. The second is that of older clients.
    static let quicProtocols = ["pulsar-relay/2", "pulsar-relay"]

    /// Of HTTP/3 itself, in one direction; and so many of sessions.
    private static let ownStreams = 3
    private static let sessionStreams = 13

    var quicSettings: QUICSettings {
        var settings = QUICSettings(
            applicationProtocols: Self.quicProtocols + (self.quic.speaksHTTP3 ? [HTTP3Service.name] : [])
        )
        settings.idleTimeout = TimeAmount(self.quic.idle)
        settings.keepAlive = TimeAmount(self.quic.keepAlive)
        settings.streamWindow = self.tunnels.window
        settings.connectionWindow = max(self.quic.window, self.tunnels.window)
        // One more, for control.
        settings.bidirectionalStreams = self.quic.maxStreams + 1
        settings.unidirectionalStreams = Self.ownStreams + Self.sessionStreams
        return settings
    }

    var quicLimits: QUICLimits {
        var limits = QUICLimits()
        limits.connections = self.quic.maxConnections
        limits.connectionsPerAddress = self.quic.maxConnectionsPerAddress
        return limits
    }

    var allocationLimits: AllocationLimits {
        AllocationLimits(
            tunnels: self.quic.maxTunnels,
            streams: self.quic.maxStreams,
            patience: TimeAmount(self.quic.patience)
        )
    }

    /// From which QUIC's stateless resets are made. It is the same after a restart for as long as the relay's secret is, and another at each
    /// relay: one that answers for packets of another's connections would tell anybody how to end these (RFC 9000, section 21.11).
    func quicResetSecret(from secret: Secret) -> [UInt8] {
        let place = self.tunnels.node?.description ?? Self.machineName ?? ""
        let bind = self.quic.bind?.description ?? ""
        let key = PortKey.derive(from: secret.value, for: "stateless resets of \(bind) at \(place)")
        return unsafe key.withUnsafeBytes { unsafe Array($0) }
    }

    /// - Parameter served: what the HTTP port shows; nil where it speaks plain HTTP.
    /// - Returns: nil where there is no QUIC relay.
    /// - Throws: ``RelayStartError`` where the certificate is of no use.
    func openQUICIdentity(_ served: ServedCertificate?, at now: Timestamp) throws -> QUICIdentity? {
        guard self.quic.bind != nil, QUICLibrary.absence == nil else { return nil }
        do {
            if let certificate = self.quic.certificatePath, let key = self.quic.keyPath {
                let source = CertificateSource(origin: .files(certificate: certificate, key: key), authorities: nil)
                return .configured(try ServedCertificate(source, at: now), isWatched: false)
            }
            if let served, self.tls.certificatePath != nil { return .configured(served, isWatched: true) }
            let directory = self.storage.backend == .sqlite ? self.storage.dataDirectory : nil
            let names = [Self.machineName, self.quicHost].compactMap(\.self)
            return .own(try ShortLivedCertificates(in: directory, names: names, at: now))
        } catch {
            throw RelayStartError.unavailable("there is no certificate for QUIC: \(error)")
        }
    }

    /// By which clients reach the QUIC relay, where that is known: else by the name under which they have reached the relay.
    var quicHost: String? {
        if let host = self.peerPort.publicHost ?? self.peerPort.publicAddress { return host }
        guard let host = self.quic.bind?.host, IPAddress(host)?.isWildcard != true else { return nil }
        return host
    }
}
