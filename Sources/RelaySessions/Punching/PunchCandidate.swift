import NIOCore
public import RelayWire

/// A place where a peer may be reached, as the peer has said: in the reference's form or as the attribute of RFC 8839. Only what is in it
/// here goes on to another peer: an attribute's related address, for one, does not.
public struct PunchCandidate: Hashable, Sendable {
    public enum Transport: String, Hashable, Sendable {
        case udp
        case tcp
        case quic
    }

    /// RFC 8445, 4: where the peer has it from.
    public enum Kind: String, Hashable, Sendable {
        case host
        case serverReflexive = "srflx"
        case peerReflexive = "prflx"
        case relayed = "relay"

        /// As in its priority where the peer has given none (RFC 8445, 5.1.2.2).
        var preference: UInt32 {
            switch self {
            case .host: 126
            case .peerReflexive: 110
            case .serverReflexive: 100
            case .relayed: 0
            }
        }
    }

    /// RFC 6544, 4.5: which side opens a connection.
    public enum TCPType: String, Hashable, Sendable {
        case active
        case passive
        case simultaneous = "so"
    }

    /// Of an attribute, bytes.
    static let maximumTextBytes = 1024

    /// An address; or a name, which only a peer on the same network can look up.
    public let host: Host
    public let port: UInt16
    public let transport: Transport
    public let kind: Kind
    public let priority: UInt32
    public let tcpType: TCPType?

    public enum Host: Hashable, Sendable {
        case address(IPAddress)
        case name(String)

        var text: String {
            switch self {
            case .address(let address): address.text
            case .name(let name): name
            }
        }
    }

    /// - Parameter priority: nil for what RFC 8445 recommends.
    init(
        _ host: Host,
        port: UInt16,
        _ transport: Transport,
        _ kind: Kind,
        priority: UInt32?,
        tcpType: TCPType? = nil
    ) {
        self.host = host
        self.port = port
        self.transport = transport
        self.kind = kind
        self.priority = priority ?? kind.preference << 24 | 65_535 << 8 | 255
        self.tcpType = transport == .tcp ? tcpType : nil
    }

    /// Whether it says something of the network behind a peer's NAT, or leads into one: whatever kind the peer says that it is. A server sees a
    /// private address only inside such a network.
    public var isPrivate: Bool {
        switch self.host {
        case .name: true
        case .address(let address): address.unmapped.isPrivate
        }
    }

    /// How others see the peer, where this says so.
    var publicAddress: IPAddress? {
        guard case .address(let address) = self.host, !self.isPrivate else { return nil }
        switch self.kind {
        case .host, .serverReflexive, .peerReflexive: return address.unmapped
        case .relayed: return nil
        }
    }

    func write(into json: inout PayloadObject) {
        json.add("ip", self.host.text)
        json.add("port", Int64(self.port))
        json.add("proto", self.transport.rawValue)
        json.add("priority", Int64(self.priority))
        json.add("candidate_type", self.kind.rawValue)
        if let type = self.tcpType { json.add("tcp_type", type.rawValue) }
    }
}

extension IPAddress {
    /// Whether somebody can be there: no multicast, no broadcast, nothing reserved, and not no address.
    var isPlace: Bool {
        switch self {
        case .v4(let value): value >> 24 != 0 && value >> 28 < 0xE
        case .v6(let high, let low): high >> 56 != 0xFF && !(high == 0 && low == 0)
        }
    }

    /// Private, shared, loopback and link-local addresses.
    var isPrivate: Bool {
        switch self {
        case .v4(let value):
            value >> 24 == 10 || value >> 24 == 127 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8
                || value >> 16 == 0xA9FE || value >> 22 == 0x6440 >> 6
        case .v6(let high, let low):
            high >> 57 == 0x7E || high >> 54 == 0x3FA || high == 0 && low == 1
        }
    }
}

/// What a peer may tell another of itself.
public struct PunchCandidates: Hashable, Sendable {
    /// Of a peer. More are not told.
    public static let limit = 32

    /// In the order in which they were told.
    private(set) var all: [PunchCandidate] = []

    init() {}

    mutating func add(_ candidates: some Sequence<PunchCandidate>) {
        for candidate in candidates where self.all.count < Self.limit && !self.all.contains(candidate) {
            self.all.append(candidate)
        }
    }

    /// What `other` is told: private addresses only where both are seen by one public address, and so may be on one network.
    ///
    /// - Parameters:
    ///   - areNeighbours: whether the relay has seen it so. By itself it may be a proxy's address, and what the two say of themselves anybody
    ///     can say. So both count.
    ///   - sharesPrivate: tells them in any case.
    func told(to other: PunchCandidates, areNeighbours: Bool, sharesPrivate: Bool) -> [PunchCandidate] {
        let ours = Set(self.all.compactMap(\.publicAddress))
        let isOneNetwork = areNeighbours && other.all.contains { $0.publicAddress.map(ours.contains) ?? false }
        return sharesPrivate || isOneNetwork ? self.all : self.all.filter { !$0.isPrivate }
    }
}
