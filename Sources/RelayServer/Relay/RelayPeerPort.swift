import Logging
import NIOCore
import RelayWire

/// The port for STUN, opened as the configuration says.
struct RelayPeerPort: Sendable {
    private let datagrams: DatagramListener
    private let streams: STUNStreamListener

    /// - Parameters:
    ///   - loop: has all of its sockets.
    ///   - secret: the relay's, from which the port's keys are made.
    /// - Returns: nil where `udp_bind` is not set.
    /// - Throws: ``RelayStartError`` where an address can't be had.
    static func open(
        _ configuration: RelayConfiguration,
        on loop: any EventLoop,
        secret: Secret,
        metrics: EdgeMetrics,
        logger: Logger
    ) async throws -> RelayPeerPort? {
        let settings = configuration.peerPort
        guard let bind = settings.bind else { return nil }
        let responder = DatagramResponder(
            stun: STUNResponder(endpoints: settings.endpoints(bind)),
            buckets: SourceBuckets(perSecond: settings.requestsPerSecond),
            punches: PunchTokens(key: PunchTokenKey(secret: secret.value))
        )
        let counts = metrics.ofPeerPort()
        let port = try await loop.submit {
            NIOLoopBound(DatagramPort(responder: responder) { counts.count($0) }, eventLoop: loop)
        }.get()
        do throws(BindFailure) {
            let datagrams = try await DatagramListener.bind(settings.places(bind), on: loop, port: port)
            let streams: STUNStreamListener
            do throws(BindFailure) {
                streams = try await STUNStreamListener.bind(
                    bind,
                    on: loop,
                    port: port,
                    limits: settings.streamLimits,
                    metrics: metrics,
                    logger: logger
                )
            } catch {
                await datagrams.close()
                throw error
            }
            logger.debug("answering STUN", metadata: ["address": "\(bind)"])
            return RelayPeerPort(datagrams: datagrams, streams: streams)
        } catch {
            let text = ListenFailure.text(error.cause, host: error.host, port: error.port, keys: .peerPort)
            throw RelayStartError.unavailable(text)
        }
    }

    /// Takes no more, and answers no more.
    func close() async {
        await self.streams.close()
        await self.datagrams.close()
    }
}

extension RelayConfiguration.PeerPort {
    /// Files that its connections and sockets may need.
    var files: Int { self.bind == nil ? 0 : self.maxConnections + Self.sockets }

    /// Two of UDP at each of two addresses, and one that listens.
    private static let sockets = 5

    /// The UDP sockets: one or two at each of one or two addresses.
    fileprivate func places(_ bind: HostPort) -> [DatagramListener.Place] {
        let ports = [bind.port] + (self.alternatePort > 0 ? [self.alternatePort] : [])
        let advertised = self.publicAddress.flatMap { IPAddress($0) }
        var places = ports.map { DatagramListener.Place(host: bind.host, port: $0, advertised: advertised) }
        if let alternate = self.alternateAddress {
            places += ports.map { DatagramListener.Place(host: alternate, port: $0) }
        }
        return places
    }

    fileprivate func endpoints(_ bind: HostPort) -> STUNEndpoints {
        var endpoints = STUNEndpoints(port: UInt16(truncatingIfNeeded: bind.port))
        if self.alternatePort > 0 { endpoints.alternatePort = UInt16(truncatingIfNeeded: self.alternatePort) }
        if let primary = IPAddress(self.publicAddress ?? bind.host),
            let alternate = self.alternateAddress.flatMap({ IPAddress($0) })
        {
            endpoints.addresses = STUNEndpoints.Addresses(primary: primary, alternate: alternate)
        }
        return endpoints
    }

    /// One address may have a quarter of all, and open as many in a second.
    fileprivate var streamLimits: ConnectionLimiter.Limits {
        let ofAddress = max(1, self.maxConnections / 4)
        return ConnectionLimiter.Limits(
            open: self.maxConnections,
            ofAddress: AddressTable.Limits(open: ofAddress, perSecond: ofAddress),
            exempt: Listener.ownAddresses
        )
    }
}
