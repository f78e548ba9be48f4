import NIOCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("TURN")
struct TURNServerTests {
    // MARK: Who asks

    @Test("who does not sign is told how, in no more than three times the bytes")
    func challenge() throws {
        let exchange = TURNExchange()
        let request = exchange.message(.allocate, username: nil, TURNExchange.udp)
        let answer = try exchange.answer(request)
        #expect(try answer.errorCode()?.code == 401)
        #expect(try answer.text(.realm) == "pulsar-relay")
        #expect(try answer.text(.nonce) == exchange.nonce())
        #expect(answer.bytes.readableBytes <= 3 * request.readableBytes)
        #expect(exchange.server.count == 0)
    }

    @Test("a signed request makes a relayed port, by either signature", arguments: [STUNIntegrity.sha1, .sha256])
    func allocate(integrity: STUNIntegrity) throws {
        let exchange = TURNExchange()
        let request = exchange.message(.allocate, integrity: integrity, TURNExchange.udp)
        guard case .open(let slot, let port) = try exchange.decide(request) else {
            Issue.record("no port is opened")
            return
        }
        #expect(TURNLimits().ports.contains(port))
        let bytes = try #require(exchange.opened(slot))
        let answer = try STUNMessage(bytes)
        #expect(answer.type == STUNMessageType(.allocate, .success))
        #expect(try answer.address(.xorRelayedAddress) == TransportAddress(TURNExchange.relayed, port: port))
        #expect(try answer.address(.xorMappedAddress) == TURNExchange.client().address)
        #expect(try answer.lifetime() == 600)
        let key = TURNExchange.credentials.key(of: TURNExchange.username())
        let isAuthentic = answer.isAuthentic(integrity) { integrity.code(of: $0, key: key) }
        #expect(isAuthentic)
    }

    @Test("credentials that ended, were made up, or belong to another secret are none")
    func credentials() throws {
        let exchange = TURNExchange()
        for username in [TURNExchange.username(end: TURNExchange.wall), "alice", ":alice", "1700000600:", "-1:alice"] {
            let request = exchange.message(.allocate, username: username, TURNExchange.udp)
            #expect(try exchange.error(request) == 401, "\(username)")
        }
        var forged = exchange.message(.allocate, TURNExchange.udp)
        forged.setInteger(UInt8(0xFF), at: forged.writerIndex - 1)
        forged.setInteger(UInt8(0xFE), at: forged.writerIndex - 2)
        #expect(try exchange.error(forged) == 401)
        #expect(exchange.server.count == 0)
    }

    @Test("a nonce is stale after an hour, for another client, and where it is none of ours")
    func nonces() throws {
        let exchange = TURNExchange()
        let old = exchange.nonce()
        for nonce in [exchange.nonce(of: TURNExchange.client(40_001)), "x", String(old.reversed()), ""] {
            #expect(try exchange.error(exchange.message(.allocate, nonce: nonce, TURNExchange.udp)) == 438, "\(nonce)")
        }
        exchange.now = exchange.now + .seconds(3_599)
        guard case .open = try exchange.decide(exchange.message(.allocate, nonce: old, TURNExchange.udp)) else {
            Issue.record("a nonce of less than an hour is refused")
            return
        }
        exchange.now = exchange.now + .seconds(1)
        let answer = try exchange.answer(exchange.message(.refresh, nonce: old))
        #expect(try answer.errorCode()?.code == 438)
        #expect(try answer.text(.nonce) == exchange.nonce())
    }

    @Test(
        "a signature without name, realm and nonce is a bad request, and so is a password algorithm that was not offered"
    )
    func incomplete() throws {
        let exchange = TURNExchange()
        for missing in [STUNAttributeType.username, .realm, .nonce] {
            var writer = STUNMessageWriter(STUNMessageType(.allocate, .request), STUNTransaction(high: 1, low: 2))
            for type in [STUNAttributeType.username, .realm, .nonce] where type != missing {
                writer.add(type, text: "x")
            }
            writer.sign(.sha1) { _ in [UInt8](repeating: 0, count: 20) }
            #expect(try exchange.error(writer.bytes) == 400)
        }
        let algorithm = exchange.message(.allocate) { $0.add(.passwordAlgorithm, algorithms: [.sha256]) }
        #expect(try exchange.error(algorithm) == 400)
    }

    @Test("who is refused has no more answers than anybody else")
    func limited() throws {
        let exchange = TURNExchange()
        exchange.buckets = SourceBuckets(perSecond: 2)
        let decisions = try (0..<4).map { _ in
            try exchange.decide(exchange.message(.allocate, username: nil, TURNExchange.udp))
        }
        let answered = decisions.count { if case .answer = $0 { true } else { false } }
        #expect(answered == 2)
        guard case .open = try exchange.decide(exchange.message(.allocate, TURNExchange.udp)) else {
            Issue.record("one who signs is held back by those who don't")
            return
        }
    }

    // MARK: What is asked

    @Test(
        "what is not served is refused by the right number",
        arguments: [
            (400, nil, []), (442, 6, []), (440, 17, [(.requestedAddressFamily, [2, 0, 0, 0])]),
            (420, 17, [(.dontFragment, [])]), (508, 17, [(.evenPort, [0x80])]),
            (508, 17, [(.reservationToken, [0, 0, 0, 0, 0, 0, 0, 1])]),
            (400, 17, [(.reservationToken, [0, 0, 0, 0, 0, 0, 0, 1]), (.evenPort, [0])]),
            (400, 17, [(.lifetime, [0, 1])]), (400, 17, [(.evenPort, [])]),
        ] as [(Int, UInt8?, [(STUNAttributeType, [UInt8])])]
    )
    func refused(code: Int, transport: UInt8?, others: [(STUNAttributeType, [UInt8])]) throws {
        let exchange = TURNExchange()
        let request = exchange.message(.allocate) { writer in
            if let transport { writer.add(.requestedTransport, leading: transport) }
            for (type, value) in others { writer.add(type, ByteBuffer(bytes: value)) }
        }
        #expect(try exchange.error(request) == code)
        #expect(exchange.server.count == 0)
    }

    @Test("an even port is even, and a lifetime is between ten minutes and an hour")
    func wishes() throws {
        let exchange = TURNExchange()
        for index in 0..<4 as Range<UInt16> {
            let (_, port) = try exchange.allocate(TURNExchange.client(41_000 + index)) {
                $0.add(.evenPort, number: 0 as UInt8)
            }
            #expect(port.isMultiple(of: 2))
        }
        #expect(AllocationWish.life(nil) == .seconds(600) && AllocationWish.life(1) == .seconds(600))
        #expect(AllocationWish.life(1_800) == .seconds(1_800) && AllocationWish.life(.max) == .seconds(3_600))
    }

    @Test("a repeated request gets the same port, another one of the same client a mismatch")
    func repeated() throws {
        let exchange = TURNExchange()
        let request = exchange.message(.allocate, TURNExchange.udp)
        guard case .open(let slot, let port) = try exchange.decide(request) else { throw TURNExchange.NoAnswer() }
        guard case .ignore = try exchange.decide(request) else { throw TURNExchange.NoAnswer() }
        _ = exchange.server.opened(slot, at: exchange.now)
        #expect(try exchange.answer(request).address(.xorRelayedAddress)?.port == port)
        #expect(try exchange.error(exchange.message(.allocate, TURNExchange.udp)) == 437)
        #expect(exchange.server.count == 1)
    }

    @Test("no user has more than its share, and all together no more than there is")
    func quotas() throws {
        var limits = TURNLimits()
        limits.allocationsPerUser = 2
        limits.allocations = 3
        let exchange = TURNExchange(limits: limits)
        for index in 0..<2 as Range<UInt16> { try exchange.allocate(TURNExchange.client(41_000 + index)) }
        let third = TURNExchange.client(41_002)
        #expect(try exchange.error(exchange.message(.allocate, of: third, TURNExchange.udp), of: third) == 486)
        let bob = TURNExchange.username("bob")
        try exchange.allocate(third, username: bob)
        let fourth = TURNExchange.client(41_003)
        let request = exchange.message(.allocate, of: fourth, username: bob, TURNExchange.udp)
        #expect(try exchange.error(request, of: fourth) == 508)
        _ = exchange.server.left(TURNExchange.client(41_000))
        try exchange.allocate(fourth, username: bob)
    }

    @Test("a port that the system refuses is followed by others, and at last by a refusal")
    func refusedPorts() throws {
        let exchange = TURNExchange()
        guard case .open(let slot, let first) = try exchange.decide(exchange.message(.allocate, TURNExchange.udp))
        else {
            throw TURNExchange.NoAnswer()
        }
        var tried = [first]
        while case .open(let port)? = exchange.server.failed(slot) { tried.append(port) }
        #expect(tried.count == TURNLimits.portAttempts && Set(tried).count == tried.count)
        #expect(exchange.server.count == 0)
        try exchange.allocate()
    }

    @Test(
        "an allocation ends by itself, by a refresh to nothing, and not while it is refreshed, whatever its name's end"
    )
    func ends() throws {
        let exchange = TURNExchange()
        try exchange.allocate()
        exchange.now = exchange.now + .seconds(599)
        #expect(exchange.expire().isEmpty)
        let refreshed = try exchange.answer(exchange.message(.refresh) { $0.add(.lifetime, number: 900 as UInt32) })
        #expect(try refreshed.lifetime() == 900)
        exchange.now = exchange.now + .seconds(899)
        #expect(exchange.expire().isEmpty)
        exchange.now = exchange.now + .seconds(1)
        #expect(try exchange.error(exchange.message(.refresh)) == 437)
        #expect(exchange.expire() == [0])
        #expect(exchange.expire().isEmpty)
        let (slot, _) = try exchange.allocate()
        let end = exchange.message(.refresh) { $0.add(.lifetime, number: 0 as UInt32) }
        guard case .close(slot, _) = try exchange.decide(end) else { throw TURNExchange.NoAnswer() }
        #expect(exchange.server.count == 0)
    }

    @Test("another user's allocation is not touched")
    func wrongUser() throws {
        let exchange = TURNExchange()
        try exchange.allocate()
        let bob = TURNExchange.username("bob")
        #expect(try exchange.error(exchange.message(.refresh, username: bob)) == 441)
        #expect(try exchange.error(exchange.message(.createPermission, username: bob)) == 441)
        #expect(exchange.server.count == 1)
    }
}
