import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Answers on the UDP port")
struct DatagramResponderTests {
    private func packet(_ body: ReferencePacket.Body, _ width: ReferencePacket.Width) -> ByteBuffer {
        var bytes = ByteBuffer()
        ReferencePacket(body, width: width).write(into: &bytes)
        return bytes
    }

    @Test("probes come back unchanged", arguments: [ReferencePacket.Width.variable, .fixed])
    func probes(width: ReferencePacket.Width) {
        let exchange = STUNExchange()
        for sequence: UInt32 in [0, 1, 300, 70_000, .max] {
            let probe = self.packet(.probe(sequence: sequence), width)
            #expect(exchange.decide(probe) == .answer(probe, to: STUNExchange.client, from: STUNExchange.local))
        }
    }

    @Test(
        "a punch request is acknowledged in its width, if its token verifies for that session",
        arguments: [
            ReferencePacket.Width.variable, .fixed,
        ]
    )
    func punchRequests(width: ReferencePacket.Width) {
        let exchange = STUNExchange()
        let good = self.packet(.punchRequest(token: exchange.token, session: "s1"), width)
        let acknowledgement = self.packet(.punchAcknowledgement(session: "s1"), width)
        #expect(exchange.decide(good) == .answer(acknowledgement, to: STUNExchange.client, from: STUNExchange.local))
        #expect(acknowledgement.readableBytes <= good.readableBytes)
        for (token, session) in [
            (exchange.token, "s2"), (String(exchange.token.dropLast()), "s1"), ("0123456789abcdef", "s1"), ("", "s1"),
        ] {
            let bad = self.packet(.punchRequest(token: token, session: session), width)
            #expect(exchange.decide(bad) == .ignore(.wrongToken))
        }
    }

    @Test(
        "other packets, channel data and what is nothing are not answered",
        arguments: [
            ReferencePacket.Width.variable, .fixed,
        ]
    )
    func ignored(width: ReferencePacket.Width) {
        let exchange = STUNExchange()
        for body in [
            ReferencePacket.Body.keepAlive, .punchSuccess(session: "s1"), .punchAcknowledgement(session: "s1"),
        ] {
            #expect(exchange.decide(self.packet(body, width)) == .ignore(.notServed))
        }
        #expect(exchange.decide(ByteBuffer(bytes: [0x40, 1, 0, 0])) == .ignore(.notServed))
        for bytes: [UInt8] in [[], [0xFF], [0x16, 0xFE, 0xFF], [4], [3, 0]] {
            #expect(exchange.decide(ByteBuffer(bytes: bytes)) == .ignore(.malformed))
        }
    }

    @Test("a packet that claims to come from a relay's port is not echoed")
    func loops() {
        let exchange = STUNExchange(STUNExchange.onePort)
        let probe = self.packet(.probe(sequence: 1), .variable)
        for port: UInt16 in [7_000, 7_001] {
            let relay = TransportAddress(.v4(0x0A00_0001), port: port)
            #expect(exchange.decide(probe, from: relay) == .ignore(.ownPort))
        }
    }

    @Test("probes and Binding share a source's answers")
    func limited() {
        let exchange = STUNExchange(perSecond: 4)
        let probe = self.packet(.probe(sequence: 1), .variable)
        for _ in 0..<2 {
            #expect(exchange.decide(probe) != .ignore(.tooMany))
            #expect(exchange.decide(STUNExchange.request()) != .ignore(.tooMany))
        }
        #expect(exchange.decide(probe) == .ignore(.tooMany))
        #expect(exchange.decide(STUNExchange.request()) == .ignore(.tooMany))
    }

    @Test("whatever comes, an answer to it is not answered again", arguments: 0..<4 as Range<UInt64>)
    func noLoops(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let exchange = STUNExchange(STUNExchange.full)
        for _ in 0..<5_000 {
            let size = Int.random(in: 0...60, using: &random)
            var bytes = ByteBuffer(bytes: (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
            if random.chance(50), size >= 20 {
                bytes.setInteger(UInt32(1) << 16 | UInt32(size - 20), at: 0)
                bytes.setInteger(STUNHeader.magicCookie, at: 4)
            } else if random.chance(50), size > 0 {
                bytes.setInteger(UInt8.random(in: 0...4, using: &random), at: 0)
            }
            guard case .answer(let answer, _, _) = exchange.decide(bytes) else { continue }
            #expect(answer.readableBytes <= 3 * bytes.readableBytes)
            let again = exchange.decide(answer, from: STUNExchange.local)
            guard case .ignore = again else {
                Issue.record("\(bytes) is answered for ever")
                continue
            }
        }
    }
}
