import NIOCore
import SeededRandom
import Testing

@testable import RelayQUIC

@Suite("Packets that are no connection's", .enabled(if: QUICLibrary.absence == nil))
struct StrayPacketTests {
    /// A client's first packet.
    private static func firstPacket(_ pair: Pair) throws -> ByteBuffer {
        var first: ByteBuffer?
        pair.network.watch = { datagram in
            if first == nil { first = datagram.bytes }
            return nil
        }
        _ = try pair.connect()
        pair.network.run(for: .milliseconds(1))
        pair.network.watch = { $0 }
        pair.network.detach(Pair.clientAddress)
        return try #require(first)
    }

    private static func send(_ bytes: ByteBuffer, to pair: Pair, from address: PeerAddress = .test(6)) {
        pair.network.pass(.init(bytes: bytes, source: address, destination: Pair.serverAddress))
    }

    @Test("garbage of all lengths does nothing", arguments: 0..<4 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        let (connection, _, server) = try pair.open()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...1_500, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            Self.send(ByteBuffer(bytes: bytes), to: pair)
            pair.network.run(for: .milliseconds(1))
        }
        pair.network.run(for: .seconds(15))
        #expect(pair.counts.connections == 1 && connection.isOpen && server.end == nil)
    }

    @Test("first packets that are cut or changed begin nothing that lasts", arguments: 0..<4 as Range<UInt64>)
    func truncated(seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        let first = try Self.firstPacket(pair)
        var random = SeededGenerator(seed: seed)
        for number in 0..<300 {
            var bytes = first
            if number % 2 == 0 {
                bytes = first.getSlice(at: 0, length: Int.random(in: 0..<first.readableBytes, using: &random)) ?? first
            } else {
                let place = Int.random(in: 0..<first.readableBytes, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
            }
            Self.send(bytes, to: pair, from: .test(6, port: 1_000 + number))
            pair.network.run(for: .milliseconds(20))
        }
        #expect(pair.guests.isEmpty)
        pair.network.run(for: .seconds(30))
        #expect(pair.counts.connections == 0 && pair.counts.memory == 0)
    }

    @Test(
        "packets of open connections that are changed or come again change nothing",
        arguments: 0..<4 as Range<UInt64>
    )
    func changed(seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        let (connection, _, server) = try pair.open()
        var random = SeededGenerator(seed: seed)
        pair.network.watch = { datagram in
            guard random.chance(20) else { return datagram }
            var copy = datagram
            let place = Int.random(in: 0..<datagram.bytes.readableBytes, using: &random)
            copy.bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
            return copy
        }
        let content = ByteBuffer(repeating: 5, count: 100_000)
        try connection.openStream(StreamRecorder()).write(content, isLast: true)
        #expect(pair.network.run(atMost: .seconds(120)) { server.first?.isComplete == true })
        #expect(server.first?.received == content)
    }

    @Test("another version is offered version 1, and only to who sends as much as a first packet")
    func versions() throws {
        let pair = try Pair()
        let first = try Self.firstPacket(pair)
        var answers: [ByteBuffer] = []
        pair.network.watch = { datagram in
            if datagram.destination == .test(6) { answers.append(datagram.bytes) }
            return datagram
        }
        var other = first
        other.setInteger(UInt32(0x1A2A_3A4A), at: 1)
        Self.send(other, to: pair)
        pair.network.run(for: .milliseconds(50))
        #expect(answers.count == 1)
        let answer = try #require(answers.first)
        #expect(answer.getInteger(at: 1, as: UInt32.self) == 0)
        #expect(answer.getInteger(at: answer.writerIndex - 4, as: UInt32.self) == 1)
        // A draft is another version, too.
        other.setInteger(UInt32(0xFF00_001D), at: 1)
        Self.send(other, to: pair)
        pair.network.run(for: .milliseconds(50))
        #expect(answers.count == 2)
        Self.send(other.getSlice(at: 0, length: 600) ?? other, to: pair)
        pair.network.run(for: .milliseconds(50))
        #expect(answers.count == 2 && pair.counts.connections == 0)
    }

    @Test("an answer to an unknown connection is shorter than its question, and answers have their limit")
    func answers() throws {
        var limits = QUICLimits()
        limits.strayAnswersPerSecond = 10
        let pair = try Pair(limits: limits)
        var answers: [Int] = []
        pair.network.watch = { datagram in
            if datagram.destination == .test(6) { answers.append(datagram.bytes.readableBytes) }
            return datagram
        }
        for length in 0...60 {
            var bytes = ByteBuffer(integer: UInt8(0x40))
            bytes.writeRepeatingByte(UInt8(length), count: length)
            Self.send(bytes, to: pair)
            pair.network.run(for: .milliseconds(20))
            #expect(answers.allSatisfy { $0 < bytes.readableBytes })
            pair.network.run(for: .seconds(1))
        }
        #expect(answers.count > 20)
        let before = answers.count
        for number in 0..<100 {
            Self.send(ByteBuffer(repeating: 0x41, count: 100), to: pair, from: .test(6, port: number + 1))
            Self.send(ByteBuffer(repeating: 0x41, count: 100), to: pair)
        }
        pair.network.run(for: .milliseconds(50))
        #expect(answers.count - before <= 10)
    }

    /// A server that asks all clients for a proof, and one that takes none.
    private static let shutLimits: [QUICLimits] = {
        var (proving, full) = (QUICLimits(), QUICLimits())
        proving.handshakesBeforeRetry = 0
        full.connections = 0
        return [proving, full]
    }()

    @Test("no answer is more than three times as long as its question, whatever that is", arguments: 0..<2)
    func proportion(_ index: Int) throws {
        let pair = try Pair(limits: Self.shutLimits[index])
        let first = try Self.firstPacket(pair)
        var random = SeededGenerator(seed: UInt64(index))
        var answers: [PeerAddress: Int] = [:]
        pair.network.watch = { datagram in
            if datagram.source == Pair.serverAddress {
                answers[datagram.destination, default: 0] += datagram.bytes.readableBytes
            }
            return datagram
        }
        for number in 0..<400 {
            var bytes = first
            // The head says most: versions, ids of any length, a token.
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<60, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
            }
            if random.chance(20) {
                bytes = bytes.getSlice(at: 0, length: Int.random(in: 0...1_200, using: &random)) ?? bytes
            }
            let address = PeerAddress.test(6, port: 1_000 + number)
            Self.send(bytes, to: pair, from: address)
            pair.network.run(for: .milliseconds(20))
            #expect(answers[address, default: 0] <= 3 * bytes.readableBytes)
        }
        #expect(answers.count > 100 && pair.counts.connections == 0)
    }

    @Test("a farewell is not said again to what is a small part of it")
    func farewells() throws {
        let pair = try Pair()
        var first: ByteBuffer?
        var toClient: [Int] = []
        pair.network.watch = { datagram in
            if first == nil { first = datagram.bytes }
            guard datagram.source == Pair.serverAddress else { return datagram }
            toClient.append(datagram.bytes.readableBytes)
            return nil
        }
        _ = try pair.connect()
        #expect(pair.network.run { pair.counts.handshakes == 1 && !toClient.isEmpty })
        // A server that stops says so to those, too, who have not proved where they are.
        pair.server.close(code: 1, reason: "the server stops, and has much to say about it")
        let id = try #require(first?.getBytes(at: 6, length: 16))
        toClient = []
        var small = ByteBuffer(bytes: [0x40] + id)
        small.writeRepeatingByte(0, count: 5)
        for _ in 0..<20 {
            pair.network.pass(.init(bytes: small, source: Pair.clientAddress, destination: Pair.serverAddress))
            pair.network.run(for: .milliseconds(20))
        }
        #expect(toClient.allSatisfy { $0 <= 3 * small.readableBytes }, "\(toClient)")
    }

    @Test("a flood of strays keeps no new client from proving its address")
    func flood() throws {
        var limits = QUICLimits()
        limits.handshakesBeforeRetry = 0
        limits.strayAnswersPerSecond = 10
        let pair = try Pair(limits: limits)
        for number in 0..<200 {
            Self.send(ByteBuffer(repeating: 0x41, count: 40), to: pair, from: .test(6, port: number + 1))
        }
        pair.network.run(for: .milliseconds(15))
        let (_, client) = try pair.connect()
        #expect(pair.network.run(atMost: .milliseconds(500)) { client.opened == 1 })
        #expect(pair.counts.retries == 1 && pair.counts.resets == 10)
    }

    @Test("a first packet that names its connection too shortly is no packet, whatever token it has")
    func shortID() throws {
        let pair = try Pair()
        let first = try Self.firstPacket(pair)
        let size = try #require(first.getInteger(at: 5, as: UInt8.self))
        var short = try #require(first.getSlice(at: 0, length: 5)).readableBytesView.map { $0 }
        short += [0]
        short += first.getBytes(at: 6 + Int(size), length: first.readableBytes - 6 - Int(size)) ?? []
        short += [UInt8](repeating: 0, count: 1_200 - min(1_200, short.count))
        Self.send(ByteBuffer(bytes: short), to: pair)
        pair.network.run(for: .milliseconds(50))
        #expect(pair.counts.connections == 0 && pair.counts.datagramsDropped == 1)
    }

    @Test("a wrong token of a Retry is refused")
    func wrongToken() throws {
        let pair = try Pair()
        var token = [UInt8](repeating: 9, count: 60)
        token[0] = 0xB6
        let (_, client) = try pair.connect(token: token)
        #expect(pair.network.run { client.end != nil })
        #expect(client.end == .transport(code: 0x0B, reason: "", by: .peer))
        token[0] = 0x36
        let (_, other) = try pair.connect(from: .test(3), token: token)
        #expect(pair.network.run { other.opened == 1 })
    }
}
