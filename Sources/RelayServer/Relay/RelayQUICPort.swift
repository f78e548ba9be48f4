import Logging
import NIOCore
import NIOPosix
import RelayCore
import RelayQUIC
import RelayWire

/// The port of the QUIC relay, opened as the configuration says.
struct RelayQUICPort: Sendable {
    /// Between two looks for another certificate.
    private static let interval = Duration.seconds(2)

    private let listener: QUICListener
    private let identity: QUICIdentity
    private let services: QUICRelayServices
    private let logger: Logger

    /// Says in the log whether there is a QUIC relay, and if not, why.
    ///
    /// - Parameters:
    ///   - peers: have the certificate; and show what the port does.
    ///   - secret: the relay's.
    ///   - loops: of the relay: each has a socket.
    /// - Returns: nil where `quic_bind` is not set, or this build has no QUIC: the relay does without.
    /// - Throws: ``RelayStartError`` where the address can't be had, or the certificate is of no use.
    static func open(
        _ configuration: RelayConfiguration,
        _ peers: RelayPeerParts,
        secret: Secret,
        on loops: [any EventLoop],
        services: QUICRelayServices,
        http3: HTTP3Service,
        logger: Logger
    ) async throws -> RelayQUICPort? {
        guard let bind = configuration.quic.bind else {
            logger.info("no QUIC relay: quic_bind is not set")
            return nil
        }
        guard let identity = peers.quic, let version = QUICLibrary.version else {
            let reason = QUICLibrary.absence ?? "there is no certificate"
            logger.warning("no QUIC relay, although quic_bind is set", metadata: ["reason": "\(reason)"])
            return nil
        }
        do throws(QUICProblem) {
            var settings = QUICListener.Configuration(
                settings: configuration.quicSettings,
                certificate: try identity.quicCertificate,
                secret: configuration.quicResetSecret(from: secret)
            )
            settings.limits = configuration.quicLimits
            settings.charge = Self.charge(services.memory)
            let listener = try await QUICListener.bind(host: bind.host, port: bind.port, settings, on: loops) {
                $0.applicationProtocol == HTTP3Service.name ? http3.accept($0) : QUICAllocation.accept($0, services)
            }
            peers.quicPort.watch(
                QUICPortCollector.Port(
                    counts: { listener.counts },
                    certificateEnd: { identity.current.facts.notAfter }
                )
            )
            logger.info(
                "listening for QUIC",
                metadata: [
                    "address": "\(HostPort(host: bind.host, port: listener.address?.port ?? bind.port))",
                    "sha256": "\(identity.digests.joined(separator: ", "))",
                    "library": "ngtcp2 \(version)",
                ]
            )
            return RelayQUICPort(listener: listener, identity: identity, services: services, logger: logger)
        } catch {
            throw RelayStartError.unavailable(Self.text(error, bind))
        }
    }

    /// Charges what the transport holds: what is written to a stream of a tunnel, from then on.
    private static func charge(_ memory: MemoryLedger) -> @Sendable (Int) -> Bool {
        { bytes in
            guard bytes < 0 else { return memory.charge(bytes, to: .answers) }
            memory.release(-bytes, from: .answers)
            return true
        }
    }

    private static func text(_ problem: QUICProblem, _ bind: HostPort) -> String {
        switch problem {
        case .address(let cause):
            "can't listen for QUIC on \(bind): \(cause). Set quic_bind to another address or port"
        case .certificate(let cause): "the certificate can't be used for QUIC: \(cause)"
        case .notBuiltIn(let cause): "this build has no QUIC: \(cause)"
        case .noStreamLeft, .notConnected: "can't listen for QUIC on \(bind)"
        }
    }

    /// Keeps the certificate good. Returns when its task is cancelled.
    func run() async {
        var shown = self.identity.current.facts.fingerprint
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let (identity, now) = (self.identity, RelayClock.system.now())
            do {
                // Files may lie on a disk that is slow.
                try await NIOThreadPool.singleton.runIfActive { try identity.look(at: now) }
                guard identity.current.facts.fingerprint != shown else { continue }
                self.listener.use(try identity.quicCertificate)
                shown = identity.current.facts.fingerprint
                self.logger.notice(
                    "new QUIC connections are shown another certificate",
                    metadata: ["sha256": "\(shown)", "good_until": "\(identity.current.facts.notAfter)"]
                )
            } catch is CancellationError {
                return
            } catch {
                self.logger.error(
                    "the certificate for QUIC could not be replaced: the one before is shown as ever",
                    metadata: ["problem": "\(error)"]
                )
            }
        }
    }

    /// Takes no connection any more. Those that are open go on for so long at most.
    func stopAccepting(endingIn grace: Duration) {
        self.services.stop(at: .now() + TimeAmount(grace))
        self.listener.stopAccepting()
    }

    /// Returns when no connection is left, or the time is over.
    func drained(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while self.listener.counts.connections > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Ends all connections that are left.
    func close() async {
        await self.listener.close(code: QUICRelayFailure.goingAway.rawValue, reason: QUICRelayFailure.goingAway.text)
    }
}

extension QUICIdentity {
    fileprivate var quicCertificate: QUICCertificate {
        get throws(QUICProblem) {
            let material = self.current.material
            return try QUICCertificate(chain: material.certificate, key: material.key)
        }
    }
}
