public import NIOCore
import NIOPosix

/// A UDP port that takes QUIC connections: one socket for each of its loops, all on one port.
public final class QUICListener: Sendable {
    /// What a listener is bound with.
    public struct Configuration: Sendable {
        /// For each of its connections.
        public var settings: QUICSettings
        /// For all of them together.
        public var limits = QUICLimits()
        /// The first that clients are shown; see ``QUICListener/use(_:)``.
        public var certificate: QUICCertificate
        /// From which the tokens of stateless resets are made, 32 bytes. With the same one after a restart, clients of the time before learn at once
        /// that their connections are gone. Never shown.
        public var secret: [UInt8]

        /// Asked on the connection's loop before more is held for it, with the bytes that come to those asked for before: false ends the
        /// connection (INTERNAL_ERROR). Told with a negative number what is not held any more; the answer to that counts for nothing.
        /// In all, that is ``QUICCounts/memory``.
        public var charge: (@Sendable (Int) -> Bool)?

        /// - Parameter secret: 32 bytes; nil makes a new one.
        public init(settings: QUICSettings, certificate: QUICCertificate, secret: [UInt8]? = nil) {
            self.settings = settings
            self.certificate = certificate
            self.secret = secret ?? TransportSettings.makeSecret()
        }
    }

    private let channels: [any Channel]
    private let directory: EndpointDirectory

    private init(_ channels: [any Channel], _ directory: EndpointDirectory) {
        self.channels = channels
        self.directory = directory
    }

    /// - Parameters:
    ///   - host: an address or a name; `0.0.0.0` and `::` stand for all of the machine's. On a machine with several addresses, name one: from a
    ///     socket for all the system chooses the address that packets leave from, and a client hears only the one that it called.
    ///   - port: 0 lets the system choose.
    ///   - loops: 1 to 256. A connection stays on the loop that its first packet came to.
    ///   - accept: called on the connection's loop, when its handshake is done; nil closes it, with code 0 where it was not closed with another.
    public static func bind(
        host: String,
        port: Int,
        _ configuration: Configuration,
        on loops: [any EventLoop],
        accept: @escaping @Sendable (QUICConnection) -> (any QUICConnectionHandler)?
    ) async throws(QUICProblem) -> QUICListener {
        if let absence = QUICLibrary.absence { throw .notBuiltIn(absence) }
        let directory = EndpointDirectory(count: loops.count)
        let maker = EndpointMaker(configuration, count: loops.count, directory, accept)
        var address = try UDPBinding.resolve(host, port: port)
        var channels: [any Channel] = []
        for (index, loop) in loops.enumerated() {
            do {
                // The first finds out whether another program has the port. With that one the system would share it without a word.
                let channel = try await UDPBinding.bind(to: address, isShared: index > 0, on: loop) {
                    maker.makeHandler(index, on: loop)
                }
                address = channel.localAddress ?? address
                channels.append(channel)
                if index == 0, loops.count > 1 { try await UDPBinding.share(channel) }
            } catch {
                for channel in channels { try? await channel.close() }
                throw error
            }
        }
        return QUICListener(channels, directory)
    }

    /// Where it is bound; nil once it is closed.
    public var address: SocketAddress? { self.channels.first?.localAddress }

    /// What it has done so far.
    public var counts: QUICCounts { self.directory.counts }

    /// The certificate for handshakes that begin from now on. Open connections keep theirs.
    public func use(_ certificate: QUICCertificate) { self.directory.each { $0.use(certificate) } }

    /// Takes no connection any more. Those that are open go on.
    public func stopAccepting() { self.directory.each { $0.stopAccepting() } }

    /// Ends all connections, tells the peers, and closes the sockets. Returns when that is done.
    public func close(code: UInt64, reason: String) async {
        await self.directory.eachDone { $0.close(code: code, reason: reason) }
        for channel in self.channels { try? await channel.close() }
    }
}
