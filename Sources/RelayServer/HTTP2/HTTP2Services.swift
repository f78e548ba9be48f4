import NIOCore
import RelayAccess
import RelayCore

/// What HTTP/2 connections work with: the same for all.
final class HTTP2Services: Sendable {
    /// What a connection may ask that comes now.
    var limits: HTTP2Limits { self.limitsInForce.current }
    private let limitsInForce: Adjustable<HTTP2Limits>
    /// Streams, each as one connection of its client's address.
    private let places: ConnectionQuota
    private let limiter: RateLimiter
    private let clients: ClientAddress
    private let exempt: [IPNetwork]

    /// - Parameters:
    ///   - limiter: counts floods.
    ///   - exempt: addresses whose streams are not counted by address, and who are never refused HTTP/2.
    init(
        limits: HTTP2Limits,
        places: ConnectionQuota,
        limiter: RateLimiter,
        clients: ClientAddress,
        exempt: [IPNetwork]
    ) {
        self.limitsInForce = Adjustable(limits)
        self.places = places
        self.limiter = limiter
        self.clients = clients
        self.exempt = exempt
    }

    /// By what a connection is counted; nil where no limit of an address holds.
    func key(of channel: any Channel) -> String? { self.key(of: channel.remoteAddress) }

    func key(of peer: SocketAddress?) -> String? {
        guard let peer = peer?.ipAddress, let address = self.clients.address(ofConnection: peer),
            !self.exempt.contains(where: { $0.contains(address) })
        else { return nil }
        return ClientAddress.key(address)
    }

    /// What connections may ask that come from now on, and how many streams an address may have. Who has more keeps them.
    func change(limits: HTTP2Limits, streamsPerAddress: Int) {
        self.limitsInForce.change(to: limits)
        self.places.change(maxPerUser: streamsPerAddress)
    }

    /// A place for a stream; nil where there is none.
    func enter(_ key: String?) -> ConnectionQuota.Place? {
        if let key { self.places.enter(address: key) } else { self.places.enter() }
    }

    /// Whether the address may have another HTTP/2 connection.
    func admits(_ key: String?) -> Bool {
        guard let key else { return true }
        do throws(AccessError) {
            try self.limiter.checkUncounted(.flood, key: key, at: .now())
            return true
        } catch {
            return false
        }
    }

    /// A connection of the address was ended for a flood.
    func flooded(_ key: String?) {
        guard let key else { return }
        try? self.limiter.check(.flood, key: key, at: .now())
    }
}
