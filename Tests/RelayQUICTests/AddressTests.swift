import NIOCore
import NIOEmbedded
import SeededRandom
import Testing

@testable import RelayQUIC

@Suite("Addresses of QUIC's clients", .enabled(if: QUICLibrary.absence == nil))
struct AddressTests {
    // MARK: Moving

    @Test("a client that comes from another address goes on, once it has proved it")
    func rebinding() throws {
        let pair = try Pair()
        let (connection, client, server) = try pair.open()
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        stream.write(ByteBuffer(repeating: 1, count: 10_000))
        #expect(pair.network.run { server.first?.received.readableBytes == 10_000 })
        // A NAT gives the client another address, which it does not know of.
        let other = PeerAddress.test(7, port: 9_999)
        pair.network.watch = { datagram in
            var datagram = datagram
            if datagram.source == Pair.clientAddress { datagram.source = other }
            if datagram.destination == other { datagram.destination = Pair.clientAddress }
            return datagram
        }
        stream.write(ByteBuffer(repeating: 2, count: 10_000), isLast: true)
        #expect(pair.network.run { server.first?.isComplete == true && !server.moves.isEmpty })
        #expect(server.moves == [other.socketAddress] && server.connection?.peer == other.socketAddress)
        #expect(client.end == nil && server.end == nil)
    }

    @Test("a client that moves on its own takes its connection along, with other ids")
    func migration() throws {
        let pair = try Pair()
        let (connection, client, server) = try pair.open()
        pair.network.run(for: .seconds(1))
        let other = PeerAddress.test(8)
        pair.network.attach(pair.clients[0], at: other)
        #expect(connection.migrate(from: other))
        let recorder = StreamRecorder()
        #expect(pair.network.run { !server.moves.isEmpty })
        pair.network.detach(Pair.clientAddress)
        try connection.openStream(recorder).write(ByteBuffer(repeating: 3, count: 100_000), isLast: true)
        #expect(pair.network.run { server.first?.isComplete == true })
        #expect(server.connection?.peer == other.socketAddress && client.end == nil)
    }

    @Test("an address that does not answer gets no connection's data, and the old one keeps it")
    func spoofedMove() throws {
        let pair = try Pair()
        let (connection, _, server) = try pair.open()
        let victim = PeerAddress.test(9)
        var toVictim = 0
        var isSpoofed = true
        pair.network.watch = { datagram in
            var datagram = datagram
            if datagram.destination == victim { toVictim += datagram.bytes.readableBytes }
            if isSpoofed, datagram.source == Pair.clientAddress {
                isSpoofed = false
                datagram.source = victim
            }
            return datagram
        }
        let recorder = StreamRecorder()
        try connection.openStream(recorder).write(ByteBuffer(string: "one packet comes from elsewhere"))
        pair.network.run(for: .seconds(5))
        server.accepted.first?.write(ByteBuffer(repeating: 1, count: 100_000), isLast: true)
        #expect(pair.network.run { recorder.isComplete })
        #expect(server.moves.isEmpty && server.connection?.peer == Pair.clientAddress.socketAddress)
        #expect(toVictim < 8_000, "\(toVictim) bytes")
    }

    @Test(
        "a client may come and go between addresses as it likes, with packets of any size",
        arguments: 0..<8 as Range<UInt64>
    )
    func restlessness(seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        var random = SeededGenerator(seed: seed)
        let (connection, client, server) = try pair.open()
        let stream = try connection.openStream(StreamRecorder())
        let places = [Pair.clientAddress, .test(2, port: 9_999), .test(7)]
        var place = places[0]
        pair.network.watch = { datagram in
            var datagram = datagram
            if datagram.source == Pair.clientAddress { datagram.source = place }
            if places.contains(datagram.destination) { datagram.destination = Pair.clientAddress }
            return datagram
        }
        var written = 0
        for _ in 0..<300 {
            place = places[Int.random(in: 0..<3, using: &random)]
            let count = random.chance(70) ? 1 : 3_000
            stream.write(ByteBuffer(repeating: 1, count: count))
            written += count
            server.accepted.first?.write(ByteBuffer(repeating: 2, count: 100))
            pair.network.run(for: .milliseconds(Int64.random(in: 1...60, using: &random)))
        }
        place = places[0]
        #expect(pair.network.run { server.first?.received.readableBytes == written })
        #expect(client.end == nil && server.end == nil)
    }

    @Test(
        "moves of a client's own and those of a NAT come in each other's way, with an id for each address",
        arguments: 0..<8 as Range<UInt64>
    )
    func crossedMoves(seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        var random = SeededGenerator(seed: seed)
        let (connection, client, server) = try pair.open()
        let stream = try connection.openStream(StreamRecorder())
        pair.network.run(for: .seconds(1))
        // The client's own addresses, and what a NAT makes of their ports.
        let own = (20..<24).map { PeerAddress.test($0) }
        for address in own { pair.network.attach(pair.clients[0], at: address) }
        var port = 5_000
        var behindNAT: [PeerAddress: PeerAddress] = [:]
        pair.network.watch = { datagram in
            var datagram = datagram
            if datagram.destination == Pair.serverAddress {
                let outside = datagram.source.with(port: port)
                behindNAT[outside] = datagram.source
                datagram.source = outside
            } else if let inside = behindNAT[datagram.destination] {
                datagram.destination = inside
            }
            return datagram
        }
        pair.network.weather.loss = 10
        for _ in 0..<200 {
            if random.chance(20) { port = Int.random(in: 5_000..<5_004, using: &random) }
            if random.chance(10) { _ = connection.migrate(from: own[Int.random(in: 0..<4, using: &random)]) }
            stream.write(ByteBuffer(string: "x"))
            pair.network.run(for: .milliseconds(Int64.random(in: 1...30, using: &random)))
        }
        pair.network.weather.loss = 0
        #expect(pair.network.run { server.first?.received.readableBytes == 200 })
        #expect(!server.moves.isEmpty)
        #expect(client.end == nil)
        #expect(server.end == nil)
    }

    // MARK: Proving

    @Test("with many handshakes under way a client has to prove its address, and then comes in")
    func retry() throws {
        var limits = QUICLimits()
        limits.handshakesBeforeRetry = 0
        let pair = try Pair(limits: limits)
        let (connection, client, server) = try pair.open()
        #expect(pair.counts.retries == 1 && connection.isOpen && server.end == nil && client.end == nil)
        // The token of the first connection spares it the next time.
        #expect(pair.network.run { !pair.clients[0].token.isEmpty })
        let (_, again) = try pair.connect(token: pair.clients[0].token)
        #expect(pair.network.run { again.opened == 1 })
        #expect(pair.counts.retries == 1)
        // From elsewhere it is worth nothing.
        let (_, thief) = try pair.connect(from: .test(5), token: pair.clients[0].token)
        #expect(pair.network.run { thief.opened == 1 })
        #expect(pair.counts.retries == 2)
    }

    @Test("one address can't fill the server with handshakes that go nowhere")
    func suspect() throws {
        var limits = QUICLimits()
        limits.handshakesPerAddressBeforeRetry = 3
        let pair = try Pair(limits: limits)
        for number in 0..<10 {
            _ = try pair.connect(from: .test(2, port: 1_000 + number))
            pair.network.detach(.test(2, port: 1_000 + number))
        }
        pair.network.run(for: .milliseconds(100))
        #expect(pair.counts.handshakes == 3 && pair.counts.retries == 7)
        let (_, other) = try pair.connect(from: .test(3))
        #expect(pair.network.run { other.opened == 1 })
        #expect(pair.counts.retries == 7)
    }

    @Test("connections beyond the limits are refused, and taken when others are gone")
    func limits() throws {
        var limits = QUICLimits()
        limits.connectionsPerAddress = 2
        let pair = try Pair(limits: limits)
        let (first, _, _) = try pair.open(from: .test(2, port: 1))
        _ = try pair.open(from: .test(2, port: 2))
        let (_, refused) = try pair.connect(from: .test(2, port: 3))
        #expect(pair.network.run { refused.end != nil })
        #expect(refused.end == .transport(code: QUICEnd.refused, reason: "", by: .peer))
        #expect(pair.counts.retries == 1 && pair.counts.refused == 1)
        _ = try pair.open(from: .test(3))
        first.close(code: 0)
        pair.network.run(for: .seconds(1))
        _ = try pair.open(from: .test(2, port: 4))
        #expect(pair.counts.connections == 3)

        limits = QUICLimits()
        limits.connections = 1
        let small = try Pair(limits: limits)
        _ = try small.open()
        let (_, beyond) = try small.connect(from: .test(3))
        #expect(small.network.run { beyond.end != nil })
        #expect(beyond.end == .transport(code: QUICEnd.refused, reason: "", by: .peer))
    }

    // MARK: Amplification

    @Test("who does not answer is sent no more than three times what came in its name", arguments: [false, true])
    func amplification(sendsMore: Bool) throws {
        let pair = try Pair()
        var received = 0
        var sent = 0
        pair.network.watch = { datagram in
            if datagram.destination == Pair.serverAddress {
                // Only the first packet arrives, or it comes again and again.
                guard received == 0 || sendsMore else { return nil }
                received += datagram.bytes.readableBytes
                return datagram
            }
            sent += datagram.bytes.readableBytes
            return nil
        }
        _ = try pair.connect()
        for _ in 0..<3_000 {
            pair.network.run(for: .milliseconds(5))
            #expect(sent <= 3 * received)
        }
        #expect(sent > 0 && pair.counts.handshakes == 0)
    }
}
