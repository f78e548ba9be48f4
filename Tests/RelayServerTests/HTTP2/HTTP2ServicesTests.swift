import NIOCore
import NIOEmbedded
import RelayAccess
import Testing

@testable import RelayServer

@Suite("What HTTP/2 connections and streams count as")
struct HTTP2ServicesTests {
    private static func services(
        floods: Int = 2,
        perAddress: Int = 3,
        all: Int = 5,
        proxies: [IPNetwork] = []
    ) -> HTTP2Services {
        var limits = RateLimits.none
        limits[.flood] = .perMinute(floods)
        return HTTP2Services(
            limits: HTTP2Limits(maxStreams: 10),
            places: ConnectionQuota(maxPerUser: perAddress, maxInAll: all),
            limiter: RateLimiter(limits),
            clients: ClientAddress(trustsForwardedFor: !proxies.isEmpty, proxies: proxies),
            exempt: Listener.ownAddresses
        )
    }

    private static func key(_ address: String, _ services: HTTP2Services) throws -> String? {
        let channel = EmbeddedChannel()
        channel.remoteAddress = try SocketAddress(ipAddress: address, port: 1)
        return services.key(of: channel)
    }

    @Test("An address that has lost its connections to floods gets no more, and others do")
    func floods() throws {
        let services = Self.services()
        let bad = try Self.key("203.0.113.7", services)
        let good = try Self.key("203.0.113.8", services)
        #expect(bad != nil && good != nil && bad != good)
        for _ in 0..<2 {
            #expect(services.admits(bad))
            services.flooded(bad)
        }
        #expect(!services.admits(bad))
        #expect(services.admits(good))
    }

    @Test("This machine and trusted proxies are many clients, and counted as none; a network of IPv6 is one")
    func keys() throws {
        let proxy = try #require(IPNetwork("10.0.0.0/8"))
        let services = Self.services(proxies: [proxy])
        #expect(try Self.key("127.0.0.1", services) == nil)
        #expect(try Self.key("10.1.2.3", services) == nil)
        #expect(try Self.key("2001:db8::1", services) == Self.key("2001:db8::2", services))
        for _ in 0..<10 { services.flooded(nil) }
        #expect(services.admits(nil))
    }

    /// Keeps a place for as long as it is kept itself.
    private final class Held {
        private let place: ConnectionQuota.Place

        init(_ place: consuming ConnectionQuota.Place) {
            self.place = place
        }
    }

    @Test("Streams are bounded by their address, by all together, and given back")
    func places() {
        let services = Self.services()
        func take(_ key: String?) -> Held? {
            guard let place = services.enter(key) else { return nil }
            return Held(place)
        }
        var held = (0..<4).map { _ in take("a") }
        #expect(held.map { $0 != nil } == [true, true, true, false])
        held += [take(nil), take("b"), take(nil)]
        #expect(held.suffix(3).map { $0 != nil } == [true, true, false])
        held = []
        #expect(take("a") != nil)
    }
}
