import NIOCore
import NIOEmbedded
import QUICFixture

@testable import RelayQUIC

/// A server and a client on a simulated network.
final class Pair {
    static let serverAddress = PeerAddress.test(1)
    static let clientAddress = PeerAddress.test(2)
    static let protocolName = "pulsar-relay/2"

    let network: SimulatedNetwork
    let server: QUICEndpoint
    /// Of the connections that the server has taken, in their order.
    private(set) var guests: [ConnectionRecorder] = []
    /// Told of each connection before it opens.
    var onGuest: (ConnectionRecorder) -> Void = { _ in }
    private(set) var clients: [QUICEndpoint] = []

    static var settings: QUICSettings { QUICSettings(applicationProtocols: [protocolName]) }

    init(
        seed: UInt64 = 1,
        settings: QUICSettings = Pair.settings,
        limits: QUICLimits = QUICLimits(),
        resetSecret: [UInt8] = TransportSettings.makeSecret(),
        charge: ((Int) -> Bool)? = nil
    ) throws {
        let network = SimulatedNetwork(seed: seed)
        let guests = GuestBook()
        self.network = network
        self.server = try Self.makeServer(on: network, settings, limits, resetSecret, charge: charge) { guests.take() }
        network.attach(self.server, at: Self.serverAddress)
        guests.pair = self
    }

    deinit { self.network.shutDown() }

    private final class GuestBook {
        weak var pair: Pair?

        func take() -> ConnectionRecorder? {
            guard let pair else { return nil }
            let recorder = ConnectionRecorder()
            recorder.onStream = { _ in recorder.keep(StreamRecorder()) }
            pair.guests.append(recorder)
            pair.onGuest(recorder)
            return recorder
        }
    }

    static func makeServer(
        on network: SimulatedNetwork,
        _ settings: QUICSettings,
        _ limits: QUICLimits,
        _ resetSecret: [UInt8],
        charge: ((Int) -> Bool)? = nil,
        accept: @escaping () -> ConnectionRecorder?
    ) throws -> QUICEndpoint {
        QUICEndpoint(
            loop: network.loop,
            settings: TransportSettings(
                settings,
                resetSecret: resetSecret,
                tokenSecret: TransportSettings.makeSecret()
            ),
            plan: ConnectionIDPlan.plans(1)[0],
            output: network.makePort(),
            counts: EndpointCounts(),
            server: QUICEndpoint.Server(
                certificate: try TestCertificate.make(),
                limits: limits,
                admission: Admission(limits: limits),
                charge: charge,
                accept: { _ in accept() }
            )
        )
    }

    /// A client that has begun its handshake.
    func connect(
        from address: PeerAddress = Pair.clientAddress,
        settings: QUICSettings = Pair.settings,
        trust: QUICTrust = .certificates([TestCertificate.digest]),
        token: [UInt8] = []
    ) throws -> (QUICConnection, ConnectionRecorder) {
        let secret = TransportSettings.makeSecret()
        let client = QUICEndpoint(
            loop: self.network.loop,
            settings: TransportSettings(settings, resetSecret: secret, tokenSecret: secret),
            plan: ConnectionIDPlan.plans(1)[0],
            output: self.network.makePort(),
            counts: EndpointCounts(),
            server: nil
        )
        self.network.attach(client, at: address)
        self.clients.append(client)
        let path = Transport.Path(local: address, remote: Self.serverAddress)
        let connection = try client.connect(on: path, name: "localhost", trust: trust, token: token)
        let recorder = ConnectionRecorder()
        recorder.onStream = { _ in recorder.keep(StreamRecorder()) }
        connection.handler = recorder
        return (connection, recorder)
    }

    /// A client whose handshake is done, with the server's side of it.
    func open(
        from address: PeerAddress = Pair.clientAddress,
        settings: QUICSettings = Pair.settings
    ) throws -> (client: QUICConnection, ConnectionRecorder, server: ConnectionRecorder) {
        let before = self.guests.count
        let (connection, recorder) = try self.connect(from: address, settings: settings)
        guard self.network.run(until: { recorder.opened == 1 && self.guests.count > before }) else {
            throw QUICProblem.notConnected
        }
        return (connection, recorder, self.guests[before])
    }

    var counts: QUICCounts {
        var counts = QUICCounts()
        self.server.counts.add(to: &counts)
        return counts
    }
}
