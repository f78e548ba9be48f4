import RelayWire

/// To which addresses a relay sends for its clients. Whoever may choose them freely sees the network behind the relay.
struct PeerPolicy: Sendable {
    enum Verdict: Hashable {
        case allowed
        case denied
        /// The relay's own relayed address: only what other clients have there may be reached.
        case relayed
    }

    /// Where nothing is that the whole Internet could reach by the same address.
    private static let reserved: [IPRange] = [
        // This network, private, shared, loopback, link-local, protocol assignments, documentation, 6to4 relays, benchmarks, multicast,
        // reserved and broadcast.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        // Unspecified, loopback, and IPv4 addresses in IPv6 ones: compatible, mapped, translated, NAT64, Teredo, 6to4.
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
        // Discard, documentation, private, link-local, site-local, multicast.
        "100::/64", "2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap { IPRange($0) }

    private let relayed: IPAddress
    /// This machine's addresses. They may change while the relay runs.
    var own: Set<IPAddress>
    private let allowed: [IPRange]

    /// - Parameters:
    ///   - relayed: the address that allocations have, as peers see it.
    ///   - own: this machine's addresses.
    ///   - allowed: goes before all that is denied. This machine's own addresses have to be named one by one: a network that they are in does
    ///     not open what listens here.
    init(relayed: IPAddress, own: Set<IPAddress>, allowed: [IPRange]) {
        self.relayed = relayed
        self.own = own
        self.allowed = allowed
    }

    func judge(_ address: IPAddress) -> Verdict {
        if address == self.relayed { return .relayed }
        if self.isAllowedExpressly(address) { return .allowed }
        if self.own.contains(address) || Self.isReserved(address) { return .denied }
        return .allowed
    }

    /// Whether it is private, or meant for something else than a host of the Internet.
    static func isReserved(_ address: IPAddress) -> Bool { Self.reserved.contains { $0.contains(address) } }

    func isAllowedExpressly(_ address: IPAddress) -> Bool {
        let isOwn = address == self.relayed || self.own.contains(address) || address.isOfThisMachine
        return self.allowed.contains { $0.contains(address) && (!isOwn || $0.isOneAddress) }
    }
}

extension IPAddress {
    /// Whatever leads back to this machine on every machine: loopback, and the unspecified address.
    fileprivate var isOfThisMachine: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127 || value == 0
        case .v6(let high, let low): high == 0 && low <= 1
        }
    }
}
