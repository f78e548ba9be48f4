import Logging
import NIOCore
import RelayWire

/// The port for STUN, opened as the configuration says.
struct RelayPeerPort: Sendable {
    private let port: NIOLoopBound<DatagramPort>
    private let loop: any EventLoop
    private let datagrams: DatagramListener
    private let streams: STUNStreamListener

    /// - Parameters:
    ///   - loop: has all of its sockets.
    ///   - secret: the relay's, from which the port's keys are made.
    ///   - peers: whose punch tokens are acknowledged, and what their sessions may have relayed.
    ///   - paths: takes what TURN relays between the peers of a session.
    /// - Returns: nil where `udp_bind` is not set.
    /// - Throws: ``RelayStartError`` where an address can't be had.
    static func open(
        _ configuration: RelayConfiguration,
        on loop: any EventLoop,
        secret: Secret,
        peers: RelayPeerParts,
        paths: PathLedger,
        metrics: EdgeMetrics,
        logger: Logger
    ) async throws -> RelayPeerPort? {
        let settings = configuration.peerPort
        guard let bind = settings.bind else { return nil }
        let responder = DatagramResponder(
            stun: STUNResponder(endpoints: settings.endpoints(bind)),
            buckets: SourceBuckets(perSecond: settings.requestsPerSecond),
            punches: peers.tokens
        )
        let counts = metrics.ofPeerPort()
        let turnCounts = metrics.ofTURN(peers.bytes)
        let port = try await loop.submit {
            let turn = configuration.turnServer(bind, secret: secret, peers.bandwidths, paths)
            let intake = DatagramIntake(size: DatagramListener.maximumDatagram)
            let relay = turn.map {
                TURNRelay($0, host: bind.host, on: loop, intake: intake, metrics: turnCounts) {
                    OutgoingReach.machineAddresses()
                }
            }
            let port = DatagramPort(responder: responder, intake: intake, turn: relay) { counts.count($0) }
            port.start()
            return NIOLoopBound(port, eventLoop: loop)
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
            return RelayPeerPort(port: port, loop: loop, datagrams: datagrams, streams: streams)
        } catch {
            await Self.stop(port, on: loop)
            let text = ListenFailure.text(error.cause, host: error.host, port: error.port, keys: .peerPort)
            throw RelayStartError.unavailable(text)
        }
    }

    /// Takes no more, answers no more, and relays no more.
    func close() async {
        await self.streams.close()
        await self.datagrams.close()
        await Self.stop(self.port, on: self.loop)
    }

    private static func stop(_ port: NIOLoopBound<DatagramPort>, on loop: any EventLoop) async {
        _ = try? await loop.submit { port.value.stop() }.get()
    }
}
