import Glibc
import NIOCore
import NIOPosix
import ProgramFixture
import RelayWire
import Testing

@testable import RelayServer

/// What the coordinator before this one got wrong on its port, each by its name. `PunchTests` has what it got wrong beside it.
@Suite("Faults of the coordinator before this one", .timeLimit(.minutes(1)))
struct PunchDefectTests {
    private static func packet(_ body: ReferencePacket.Body) -> ByteBuffer {
        var packet = ByteBuffer()
        ReferencePacket(body, width: .variable).write(into: &packet)
        return packet
    }

    @Test("a token is no test of a length: of all that have sixteen bytes or more only one that was given out is good")
    func lengthIsNoToken() {
        let exchange = STUNExchange()
        let wrong = [16, 43, 64].map { String(repeating: "x", count: $0) } + [String(exchange.token.dropLast()) + "_"]
        for token in wrong {
            let request = Self.packet(.punchRequest(token: token, session: "s1"))
            #expect(exchange.decide(request) == .ignore(.wrongToken))
        }
        let good = Self.packet(.punchRequest(token: exchange.token, session: "s1"))
        #expect(exchange.decide(good) != .ignore(.wrongToken))
    }

    @Test("what goes back to a source that may be forged is no longer than what came, and so many a second")
    func reflection() {
        let exchange = STUNExchange(perSecond: 20)
        let good = Self.packet(.punchRequest(token: exchange.token, session: "s1"))
        var answers = 0
        for number in 0..<200 {
            let question = number.isMultiple(of: 2) ? good : Self.packet(.probe(sequence: UInt32(number)))
            guard case .answer(let answer, let target, _) = exchange.decide(question) else { continue }
            #expect(answer.readableBytes <= question.readableBytes && target == STUNExchange.client)
            answers += 1
        }
        #expect(answers == 20)
    }

    @Test("no other process can share the port, and take some of its datagrams")
    func sharedPort() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.peerPort.bind = HostPort(host: "127.0.0.1", port: port)
            $0.peerPort.alternatePort = 0
        } _: { _ in
            for option in [NIOBSDSocket.Option.so_reuseaddr, .init(rawValue: SO_REUSEPORT)] {
                await #expect(throws: (any Error).self) {
                    let other = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .channelOption(.socketOption(option), value: 1)
                        .bind(host: "127.0.0.1", port: port)
                        .get()
                    try await other.close()
                }
            }
        }
    }
}
