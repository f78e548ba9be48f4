import Crypto
import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

extension RelayConfiguration.PeerPort {
    /// Files that its connections and sockets may need.
    func files(_ turn: RelayConfiguration.TURN) -> Int {
        guard self.bind != nil else { return 0 }
        return self.maxConnections + Self.sockets + (turn.isEnabled ? turn.maxAllocations : 0)
    }

    /// Two of UDP at each of two addresses, and one that listens.
    private static let sockets = 5

    /// The UDP sockets: one or two at each of one or two addresses.
    func places(_ bind: HostPort) -> [DatagramListener.Place] {
        let ports = [bind.port] + (self.alternatePort > 0 ? [self.alternatePort] : [])
        let advertised = self.publicAddress.flatMap { IPAddress($0) }
        var places = ports.map { DatagramListener.Place(host: bind.host, port: $0, advertised: advertised) }
        if let alternate = self.alternateAddress {
            places += ports.map { DatagramListener.Place(host: alternate, port: $0) }
        }
        return places
    }

    func endpoints(_ bind: HostPort) -> STUNEndpoints {
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
    var streamLimits: ConnectionLimiter.Limits {
        let ofAddress = max(1, self.maxConnections / 4)
        return ConnectionLimiter.Limits(
            open: self.maxConnections,
            ofAddress: Adjustable(AddressTable.Limits(open: ofAddress, perSecond: ofAddress)),
            exempt: Listener.ownAddresses
        )
    }
}

extension RelayConfiguration {
    func turnCredentials(secret: Secret) -> TURNCredentials {
        self.turn.secret.map { TURNCredentials(sharedSecret: $0.value) } ?? TURNCredentials(relaySecret: secret.value)
    }

    func iceServers(secret: Secret) -> ICEServers {
        let place = self.peerPort.bind.map { bind in
            let host = self.peerPort.publicHost ?? self.peerPort.address(bind)?.text ?? bind.host
            return HostPort(host: host, port: bind.port).description
        }
        return ICEServers(
            at: place,
            relays: self.turn.isEnabled,
            credentials: self.turnCredentials(secret: secret),
            life: self.turn.credentialLife.components.seconds
        )
    }

    /// - Returns: nil where TURN is off, or this machine has no address to relay at.
    ///
    /// - Parameters:
    ///   - bandwidths: of sessions, which who has credentials by a ticket shares with its session's tunnels.
    ///   - paths: takes what the peers of sessions send each other.
    func turnServer(
        _ bind: HostPort,
        secret: Secret,
        _ bandwidths: SessionBandwidths?,
        _ paths: PathLedger
    ) -> TURNServer? {
        guard self.turn.isEnabled, let relayed = self.peerPort.address(bind) else { return nil }
        let bytesPerSecond = self.tunnels.bytesPerSecond
        return TURNServer(
            relayed: relayed,
            policy: PeerPolicy(
                relayed: relayed,
                own: OutgoingReach.machineAddresses(),
                allowed: self.turn.allowedPeers.compactMap { IPRange($0.description) }
            ),
            limits: TURNLimits(
                allocations: self.turn.maxAllocations,
                allocationsPerUser: self.turn.maxAllocationsPerUser,
                ports: UInt16(clamping: self.turn.minPort)...UInt16(clamping: self.turn.maxPort),
                bytesPerSecond: bytesPerSecond
            ),
            authentication: TURNAuthentication(
                credentials: self.turnCredentials(secret: secret),
                nonces: TURNNonces(secret: SymmetricKey(size: .bits256)),
                wallClock: { RelayClock.system.now().microseconds / 1_000_000 }
            ),
            path: { paths.turn(from: $0, to: $1) }
        ) { id in
            guard let session = TURNCredentials.holder(of: id)?.session, let bandwidths else {
                return TrafficBucket(bytesPerSecond: bytesPerSecond)
            }
            return SessionAllowance(bandwidths[session])
        }
    }
}

extension RelayConfiguration.PeerPort {
    /// How clients and peers see the machine: as configured, else as bound, else by an address of its own that others may reach.
    func address(_ bind: HostPort) -> IPAddress? {
        if let address = IPAddress(self.publicAddress ?? bind.host), !address.isWildcard { return address }
        let family: STUNAddressFamily = bind.host.contains(":") ? .v6 : .v4
        let own = OutgoingReach.machineAddresses().filter { $0.family == family }.sorted { $0.text < $1.text }
        return own.first { !$0.isOfThisMachineAlone } ?? own.first
    }
}

extension IPAddress {
    /// Loopback and link-local addresses.
    fileprivate var isOfThisMachineAlone: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127 || value >> 16 == 0xA9FE
        case .v6(let high, let low): (high == 0 && low == 1) || high >> 54 == 0x3FA
        }
    }
}

extension PathUse: RelayedPath {}

extension PathLedger {
    /// - Parameters:
    ///   - from: the id in the credentials of who sends.
    ///   - to: of who is sent to.
    /// - Returns: nil where they are no two peers of one session.
    fileprivate func turn(from: String, to: String) -> PathUse? {
        guard let sender = TURNCredentials.holder(of: from), let receiver = TURNCredentials.holder(of: to),
            sender.session == receiver.session, let session = SessionID(sender.session),
            let peer = PeerID(sender.peer), let other = PeerID(receiver.peer)
        else { return nil }
        return self.use(.turn, from: peer, to: other, in: session)
    }
}
