import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayServer
@testable import RelaySessions

@Suite("Two peers behind modelled NATs, from the port for STUN to the last packet")
struct NATModelTests {
    private static let kinds: [NATClass] = [.fullCone, .restrictedCone, .portRestrictedCone, .symmetric]
    private static let pairs = Self.kinds.flatMap { first in Self.kinds.map { (first, $0) } }

    /// One peer with its NAT and its one socket.
    private struct Side {
        let peer: PeerID
        let inside: TransportAddress
        var nat: NATModel
        /// Where it sends: what it was told, and where it has heard the other from.
        var targets: [TransportAddress] = []
        var hasHeard = false

        init(_ name: String, _ kind: NATClass, _ number: UInt32) {
            self.peer = PeerID(name)!
            self.inside = TransportAddress(.v4(0x0A00_0002), port: 5_000)
            self.nat = NATModel(kind, outside: .v4(0xC633_640A + number))
        }

        /// What the port answers to a Binding request that is sent there.
        mutating func ask(_ exchange: STUNExchange, at place: TransportAddress = STUNExchange.local) throws
            -> TransportAddress
        {
            let seen = self.nat.send(from: self.inside, to: place)
            let answer = try #require(try exchange.answer(STUNExchange.request(), from: seen, at: place))
            #expect(self.nat.receive(at: seen, from: place) == self.inside)
            return try #require(try answer.address(.xorMappedAddress))
        }
    }

    private static func request(_ side: Side, _ mapped: TransportAddress, to other: PeerID, id: UInt64) -> Message {
        let json =
            #"{"type":"punch_request","nat_type":"\#(side.nat.kind.rawValue)","candidates":["#
            + #"{"ip":"\#(mapped.address.text)","port":\#(mapped.port),"candidate_type":"srflx"},"#
            + #"{"ip":"10.0.0.2","port":5000}]}"#
        return Message(
            id: MessageID(milliseconds: 1, sequence: id),
            timestamp: Timestamp(microseconds: 0),
            payload: ByteBuffer(string: json),
            metadata: nil,
            expiresAt: nil,
            audience: .one(other.text),
            sender: side.peer.text
        )
    }

    @Test(
        "of all pairs of NATs those punch through that can, and the relay's advice says which can't",
        arguments: pairs
    )
    func punch(first: NATClass, second: NATClass) throws {
        let exchange = STUNExchange()
        var sides = [Side("a", first, 1), Side("b", second, 2)]
        let mapped = try sides.indices.map { try sides[$0].ask(exchange) }
        let messages = sides.indices.map {
            Self.request(sides[$0], mapped[$0], to: sides[1 - $0].peer, id: UInt64($0 + 1))
        }
        let meeting = try #require(PunchMeeting(requests: messages))
        for (own, other) in [(0, 1), (1, 0)] {
            let told = [meeting.second, meeting.first][own].candidates
                .told(to: [meeting.first, meeting.second][own].candidates, areNeighbours: true, sharesPrivate: false)
            // Both are at 10.0.0.2, each in its own network.
            #expect(told.map(\.port) == [mapped[other].port])
            sides[own].targets = [mapped[other]]
        }
        for _ in 0..<5 {
            for (own, other) in [(0, 1), (1, 0)] {
                for target in sides[own].targets {
                    let source = sides[own].nat.send(from: sides[own].inside, to: target)
                    guard sides[other].nat.receive(at: target, from: source) != nil else { continue }
                    sides[other].hasHeard = true
                    if !sides[other].targets.contains(source) { sides[other].targets.append(source) }
                }
            }
        }
        let isHopeless =
            first == .symmetric && [.symmetric, .portRestrictedCone].contains(second)
            || second == .symmetric && first == .portRestrictedCone
        #expect(sides.allSatisfy(\.hasHeard) == !isHopeless)
        #expect((PunchAdvice(first, second) == .relay) == isHopeless)
    }

    @Test("what a client finds out by the port is what its NAT does (RFC 5780)", arguments: [.open] + kinds)
    func discovery(kind: NATClass) throws {
        let exchange = STUNExchange(STUNExchange.full)
        var side = Side("a", kind, 1)
        let first = try side.ask(exchange)
        let isTranslated = first != side.inside
        // Test I to the second address and port tells the mapping.
        let elsewhere = TransportAddress(STUNExchange.alternate, port: 7_001)
        var mapping = side
        let second = try mapping.ask(exchange, at: elsewhere)
        // Tests II and III: answers from another address and port, and from another port.
        func comesIn(changing change: STUNChangeRequest) throws -> Bool {
            let request = STUNExchange.request { $0.add(.changeRequest, number: change.rawValue) }
            guard case .answer(_, let target, let origin) = exchange.decide(request, from: first) else { return false }
            return side.nat.receive(at: target, from: origin) != nil
        }
        let found: NATClass =
            if !isTranslated {
                .open
            } else if first != second {
                .symmetric
            } else if try comesIn(changing: [.address, .port]) {
                .fullCone
            } else if try comesIn(changing: .port) {
                .restrictedCone
            } else {
                .portRestrictedCone
            }
        #expect(found == kind)
    }
}
