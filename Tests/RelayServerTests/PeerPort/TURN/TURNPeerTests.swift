import NIOCore
import RelayTunnels
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Peers of TURN")
struct TURNPeerTests {
    private static let peer = TURNExchange.peer
    private static let client = TURNExchange.client()

    @Test("data go to a peer, and come from it, only while there is a permission")
    func permission() throws {
        let exchange = TURNExchange()
        let (slot, _) = try exchange.allocate()
        let send = try Self.indication(to: Self.peer)
        #expect(
            exchange.server.deliver(indication: send, of: Self.client, at: exchange.now)?.delivery
                == .drop(.noPermission)
        )
        #expect(exchange.server.arrived(5, from: Self.peer, at: slot, now: exchange.now) == .drop(.noPermission))
        #expect(try exchange.permit(Self.peer) == nil)
        #expect(
            exchange.server.deliver(indication: send, of: Self.client, at: exchange.now)?.delivery
                == .send(slot: slot, to: Self.peer)
        )
        let otherPort = TransportAddress(Self.peer.address, port: 9)
        #expect(exchange.server.arrived(5, from: otherPort, at: slot, now: exchange.now) == .indication)
        exchange.now = exchange.now + .seconds(300)
        #expect(
            exchange.server.deliver(indication: send, of: Self.client, at: exchange.now)?.delivery
                == .drop(.noPermission)
        )
        #expect(exchange.server.arrived(5, from: Self.peer, at: slot, now: exchange.now) == .drop(.noPermission))
    }

    @Test("a channel carries data both ways for ten minutes, and longer if bound again")
    func channel() throws {
        let exchange = TURNExchange()
        let (slot, _) = try exchange.allocate()
        #expect(try exchange.bind(0x4000, to: Self.peer) == nil)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 5, of: Self.client, at: exchange.now)
                == .send(slot: slot, to: Self.peer)
        )
        #expect(
            exchange.server.deliver(channel: 0x4001, size: 5, of: Self.client, at: exchange.now) == .drop(.noPermission)
        )
        let stranger = TURNExchange.client(40_001)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 5, of: stranger, at: exchange.now) == .drop(.noPermission)
        )
        let otherLink = TURNExchange.client(link: 2)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 5, of: otherLink, at: exchange.now) == .drop(.noPermission)
        )
        #expect(exchange.server.arrived(5, from: Self.peer, at: slot, now: exchange.now) == .channel(0x4000))
        exchange.now = exchange.now + .seconds(590)
        _ = try exchange.answer(exchange.message(.refresh))
        #expect(try exchange.bind(0x4000, to: Self.peer) == nil)
        exchange.now = exchange.now + .seconds(599)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 5, of: Self.client, at: exchange.now)
                == .send(slot: slot, to: Self.peer)
        )
        exchange.now = exchange.now + .seconds(1)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 5, of: Self.client, at: exchange.now) == .drop(.noPermission)
        )
    }

    @Test("a number has one peer, and a peer one number")
    func conflicts() throws {
        let exchange = TURNExchange()
        try exchange.allocate()
        let other = TransportAddress(Self.peer.address, port: 5_001)
        #expect(try exchange.bind(0x4000, to: Self.peer) == nil)
        #expect(try exchange.bind(0x4000, to: other) == 400)
        #expect(try exchange.bind(0x4001, to: Self.peer) == 400)
        #expect(try exchange.bind(0x4001, to: other) == nil)
        for number: UInt16 in [0, 0x3FFF, 0x8000, 0xFFFF] { #expect(try exchange.bind(number, to: Self.peer) == 400) }
        #expect(try exchange.bind(0x4002, to: TransportAddress(Self.peer.address, port: 0)) == 400)
    }

    @Test("an allocation has so many peers at most")
    func bounded() throws {
        let exchange = TURNExchange()
        try exchange.allocate()
        let peers = (0..<UInt32(TURNLimits.peers)).map { TransportAddress(.v4(0x0808_0000 + $0), port: 1) }
        let request = exchange.message(.createPermission) {
            for peer in peers { $0.add(.xorPeerAddress, address: peer) }
        }
        #expect(try exchange.error(request) == nil)
        #expect(try exchange.permit(Self.peer) == 508)
        #expect(try exchange.bind(0x4000, to: Self.peer) == 508)
        exchange.now = exchange.now + .seconds(300)
        #expect(try exchange.permit(Self.peer) == nil)
        #expect(try exchange.error(exchange.message(.createPermission)) == 400)
    }

    @Test("one address that is denied refuses all of a request")
    func together() throws {
        let exchange = TURNExchange()
        let (slot, _) = try exchange.allocate()
        let request = exchange.message(.createPermission) {
            $0.add(.xorPeerAddress, address: Self.peer)
            $0.add(.xorPeerAddress, address: TransportAddress(.v4(0x7F00_0001), port: 80))
        }
        #expect(try exchange.error(request) == 403)
        #expect(exchange.server.arrived(5, from: Self.peer, at: slot, now: exchange.now) == .drop(.noPermission))
        let v6 = TransportAddress(.v6(0x2606_0000_0000_0000, 1), port: 80)
        #expect(try exchange.permit(v6) == 443)
    }

    @Test("a datagram that was cut, since it is longer than any that is read, goes to nobody")
    func cut() throws {
        let exchange = TURNExchange()
        let (slot, _) = try exchange.allocate()
        #expect(try exchange.permit(Self.peer) == nil)
        let most = DatagramListener.maximumDatagram
        #expect(exchange.server.arrived(most, from: Self.peer, at: slot, now: exchange.now) == .drop(.tooLong))
        #expect(exchange.server.arrived(most - 1, from: Self.peer, at: slot, now: exchange.now) == .indication)
    }

    @Test("two clients reach each other by their relayed ports, and nobody reaches anything else on the relay")
    func handed() throws {
        let exchange = TURNExchange()
        let second = TURNExchange.client(40_002)
        let (firstSlot, firstPort) = try exchange.allocate()
        let (secondSlot, secondPort) = try exchange.allocate(second)
        let there = TransportAddress(TURNExchange.relayed, port: secondPort)
        let here = TransportAddress(TURNExchange.relayed, port: firstPort)
        #expect(try exchange.bind(0x4000, to: there) == nil)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 5, of: Self.client, at: exchange.now)
                == .hand(slot: secondSlot, from: here)
        )
        #expect(exchange.server.arrived(5, from: here, at: secondSlot, now: exchange.now) == .drop(.noPermission))
        #expect(try exchange.permit(here, for: second) == nil)
        #expect(exchange.server.arrived(5, from: here, at: secondSlot, now: exchange.now) == .indication)
        #expect(try exchange.bind(0x4001, to: TransportAddress(TURNExchange.relayed, port: 7_000)) == nil)
        #expect(exchange.server.deliver(channel: 0x4001, size: 5, of: Self.client, at: exchange.now) == .drop(.denied))
        #expect(firstSlot != secondSlot)
    }

    @Test("what a user may not have relayed any more is lost, until time has passed")
    func bandwidth() throws {
        var limits = TURNLimits()
        limits.bytesPerSecond = 1_000
        let exchange = TURNExchange(limits: limits)
        let (slot, _) = try exchange.allocate()
        #expect(try exchange.bind(0x4000, to: Self.peer) == nil)
        #expect(
            exchange.server.deliver(channel: 0x4000, size: 900, of: Self.client, at: exchange.now)
                == .send(slot: slot, to: Self.peer)
        )
        #expect(exchange.server.arrived(200, from: Self.peer, at: slot, now: exchange.now) == .drop(.tooMuch))
        exchange.now = exchange.now + .milliseconds(100)
        #expect(exchange.server.arrived(200, from: Self.peer, at: slot, now: exchange.now) == .channel(0x4000))
    }

    @Test("who gives up an allocation and asks for another has no more relayed by that")
    func bandwidthOfMany() throws {
        var limits = TURNLimits()
        limits.bytesPerSecond = 1_000
        let exchange = TURNExchange(limits: limits)
        func sent() throws -> Bool {
            let (slot, _) = try exchange.allocate()
            #expect(try exchange.bind(0x4000, to: Self.peer) == nil)
            let decision = exchange.server.deliver(channel: 0x4000, size: 900, of: Self.client, at: exchange.now)
            _ = exchange.server.left(Self.client)
            return decision == .send(slot: slot, to: Self.peer)
        }
        #expect(try sent())
        #expect(try !sent())
        for _ in 0..<3 {
            exchange.now = exchange.now + .seconds(1)
            _ = exchange.server.expire(at: exchange.now)
        }
        #expect(try sent())
    }

    @Test(
        "addresses by which the network behind the relay would be seen are denied",
        arguments: [
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
            "172.31.255.255", "192.0.0.8", "192.168.1.1", "198.19.255.255", "224.0.0.1", "239.255.255.250",
            "255.255.255.255", "192.0.2.5", "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
            "64:ff9b::a00:1", "64:ff9b:1::1", "2001::1", "2002:a00:1::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1",
            "ff02::1", "2001:db8::1",
        ]
    )
    func denied(text: String) throws {
        let policy = PeerPolicy(relayed: TURNExchange.relayed, own: [], allowed: [])
        let address = try #require(IPAddress(text))
        #expect(policy.judge(address) == .denied)
        let allowing = PeerPolicy(relayed: TURNExchange.relayed, own: [address], allowed: [try #require(IPRange(text))])
        #expect(allowing.judge(address) == .allowed)
    }

    @Test("others are allowed, but for this machine's own")
    func allowed() throws {
        let own = try #require(IPAddress("9.9.9.9"))
        let policy = PeerPolicy(relayed: TURNExchange.relayed, own: [own], allowed: [])
        for text in [
            "8.8.8.8", "172.32.0.1", "172.15.255.255", "100.63.255.255", "126.255.255.255", "2606::1", "2003::1",
        ] {
            #expect(policy.judge(try #require(IPAddress(text))) == .allowed, "\(text)")
        }
        #expect(policy.judge(own) == .denied)
        #expect(policy.judge(TURNExchange.relayed) == .relayed)
    }

    @Test("a network that is allowed opens nothing of this machine; an address that is named does")
    func ownAddresses() throws {
        let own = try ["9.9.9.9", "10.0.0.5", "127.0.0.1"].map { try #require(IPAddress($0)) }
        func policy(_ allowed: String...) throws -> PeerPolicy {
            let ranges = try allowed.map { try #require(IPRange($0)) }
            return PeerPolicy(relayed: TURNExchange.relayed, own: Set(own), allowed: ranges)
        }
        let networks = try policy("0.0.0.0/0", "10.0.0.0/8", "127.0.0.0/8")
        for text in ["9.9.9.9", "10.0.0.5", "127.0.0.1", "127.9.9.9", "0.0.0.0"] {
            #expect(networks.judge(try #require(IPAddress(text))) == .denied, "\(text)")
        }
        #expect(networks.judge(try #require(IPAddress("10.0.0.6"))) == .allowed)
        #expect(!networks.isAllowedExpressly(TURNExchange.relayed))
        let named = try policy("10.0.0.5", "127.0.0.1/32")
        #expect(named.judge(own[1]) == .allowed && named.judge(own[2]) == .allowed && named.judge(own[0]) == .denied)
    }

    @Test("an address that this machine gets while the relay runs is denied from then on")
    func newAddress() throws {
        let exchange = TURNExchange()
        try exchange.allocate()
        #expect(try exchange.permit(Self.peer) == nil)
        exchange.server.ownAddressesChanged(to: [Self.peer.address])
        #expect(try exchange.permit(Self.peer) == 403)
    }

    @Test("who has credentials by a ticket shares what its session may have relayed, and nobody else does")
    func sessionBandwidth() throws {
        let id = try #require(TURNCredentials.Holder(session: "s", ticket: "j", peer: "a").id)
        #expect(TURNCredentials.holder(of: id)?.session == "s")
        for other in ["session/s", "session/s/j", "5f0c1d9e-1111-2222-3333-444455556666", "x/s/j/p"] {
            #expect(TURNCredentials.holder(of: other) == nil)
        }
        let bandwidths = SessionBandwidths(bytesPerSecond: 1_000)
        let (first, second) = (SessionAllowance(bandwidths["s"]), SessionAllowance(bandwidths["s"]))
        let other = SessionAllowance(bandwidths["t"])
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        // A quarter of a second's worth at once, and one datagram over it.
        #expect(first.take(200, at: now) && second.take(200, at: now))
        #expect(!first.take(1, at: now) && !second.take(1, at: now) && other.take(200, at: now))
        // A tunnel of the session pays from the same.
        _ = bandwidths["s"].spend(1_000, at: now + .seconds(1))
        #expect(!first.take(1, at: now + .milliseconds(1_500)) && first.take(1, at: now + .seconds(2)))
    }

    @Test(
        "whatever is sent to TURN, nothing traps, and nothing is held for who has not signed",
        arguments: 0..<4 as Range<UInt64>
    )
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let exchange = TURNExchange()
        try exchange.allocate()
        let methods: [STUNMessageType.Method] = [.allocate, .refresh, .createPermission, .channelBind]
        let stranger = TURNExchange.client(50_000)
        for _ in 0..<3_000 {
            let method = methods[Int.random(in: 0..<methods.count, using: &random)]
            var bytes = exchange.message(method, of: stranger) {
                TURNExchange.udp(&$0)
                $0.add(.xorPeerAddress, address: Self.peer)
                $0.add(.channelNumber, leading: 0x4000 as UInt16)
            }
            let original = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.readableBytes, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
            }
            let cut = bytes.getSlice(at: 0, length: Int.random(in: 0...bytes.readableBytes, using: &random)) ?? bytes
            for piece in [bytes, cut] where piece != original {
                guard let message = try? STUNMessage(piece) else { continue }
                _ = exchange.server.deliver(indication: message, of: Self.client, at: exchange.now)
                if case .open = try exchange.decide(piece, of: stranger) { Issue.record("a forged request has a port") }
            }
        }
        #expect(exchange.server.count == 1)
    }

    private static func indication(to peer: TransportAddress) throws -> STUNMessage {
        var writer = STUNMessageWriter(STUNMessageType(.send, .indication), STUNTransaction(high: 1, low: 2))
        writer.add(.xorPeerAddress, address: peer)
        writer.add(.data, ByteBuffer(string: "hello"))
        return try STUNMessage(writer.bytes)
    }
}
