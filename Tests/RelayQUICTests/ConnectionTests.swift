import NIOCore
import QUICFixture
import Testing

@testable import RelayQUIC

@Suite("Connections of QUIC", .enabled(if: QUICLibrary.absence == nil))
struct ConnectionTests {
    @Test("a client that speaks no protocol of the server's is refused with the alert for it")
    func wrongProtocol() throws {
        let pair = try Pair()
        let (_, client) = try pair.connect(settings: QUICSettings(applicationProtocols: ["h3", "other"]))
        #expect(pair.network.run { client.end != nil })
        #expect(client.end == .transport(code: QUICEnd.noApplicationProtocol, reason: "", by: .peer))
        #expect(pair.guests.isEmpty && pair.counts.failed == 1 && pair.counts.connections == 0)
    }

    @Test("the server's preference chooses the protocol")
    func preference() throws {
        let pair = try Pair(settings: QUICSettings(applicationProtocols: ["pulsar-relay/2", "pulsar-relay"]))
        let new = try pair.open(settings: QUICSettings(applicationProtocols: ["pulsar-relay", "pulsar-relay/2"]))
        #expect(new.client.applicationProtocol == "pulsar-relay/2")
        let old = try pair.open(from: .test(3), settings: QUICSettings(applicationProtocols: ["pulsar-relay"]))
        #expect(old.client.applicationProtocol == "pulsar-relay")
        #expect(pair.guests[1].connection?.applicationProtocol == "pulsar-relay")
    }

    @Test("a client takes no other certificate than the one that it knows")
    func wrongCertificate() throws {
        let pair = try Pair()
        let (_, client) = try pair.connect(trust: .certificates([[UInt8](repeating: 1, count: 32)]))
        #expect(pair.network.run { client.end != nil })
        guard case .transport(0x100...0x1FF, _, .here) = client.end else {
            Issue.record("\(String(describing: client.end))")
            return
        }
        #expect(client.opened == 0 && pair.guests.isEmpty)
    }

    @Test("one that is silent is given up after the idle time, and asked in time where that is wanted")
    func idle() throws {
        var settings = Pair.settings
        settings.keepAlive = nil
        let pair = try Pair(settings: settings)
        let (_, client, server) = try pair.open(settings: settings)
        pair.network.run(for: .seconds(29))
        #expect(client.end == nil && server.end == nil)
        pair.network.run(for: .seconds(5))
        #expect(client.end == .idle && server.end == .idle)
        let patient = try Pair()
        let (_, asked, asking) = try patient.open(settings: settings)
        patient.network.run(for: .seconds(300))
        #expect(asked.end == nil && asking.end == nil)
        patient.network.detach(Pair.clientAddress)
        patient.network.run(for: .seconds(90))
        #expect(asking.end == .idle)
    }

    @Test("a handshake that nobody goes on with ends in time")
    func handshakeTimeout() throws {
        let pair = try Pair()
        let (_, client) = try pair.connect()
        pair.network.detach(Pair.clientAddress)
        #expect(pair.network.run { pair.counts.handshakes == 1 })
        pair.network.run(for: .seconds(11))
        #expect(pair.counts.handshakes == 0 && pair.counts.failed == 1 && pair.counts.memory == 0)
        #expect(client.end == .handshakeTimeout && pair.guests.isEmpty)
    }

    @Test("keys are changed while data flow, by either side", arguments: [false, true])
    func keyUpdate(byServer: Bool) throws {
        let pair = try Pair()
        let (connection, _, server) = try pair.open()
        let updating = byServer ? try #require(server.connection) : connection
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        var updates = 0
        for _ in 0..<20 {
            stream.write(ByteBuffer(repeating: 7, count: 2_000))
            if updating.updateKeys() { updates += 1 }
            pair.network.run(for: .milliseconds(400))
        }
        #expect(updates > 5, "\(updates)")
        #expect(server.first?.received.readableBytes == 40_000 && server.end == nil)
    }

    @Test("a server that has lost its connections says so at once where it has its secret yet")
    func statelessReset() throws {
        let secret = TransportSettings.makeSecret()
        let pair = try Pair(resetSecret: secret)
        let (connection, client, _) = try pair.open()
        // The server is started anew.
        let next = try Pair.makeServer(on: pair.network, Pair.settings, QUICLimits(), secret) { nil }
        pair.network.attach(next, at: Pair.serverAddress)
        let stream = try connection.openStream(StreamRecorder())
        stream.write(ByteBuffer(repeating: 1, count: 500))
        #expect(pair.network.run(atMost: .seconds(2)) { client.end != nil })
        #expect(client.end == .reset)
        var counts = QUICCounts()
        next.counts.add(to: &counts)
        #expect(counts.resets > 0)
    }

    @Test("an ended connection answers late packets with its farewell, ever more seldom, and is forgotten")
    func lateCommers() throws {
        let pair = try Pair()
        let (_, client, server) = try pair.open()
        let live = try #require(client.connection)
        var farewells = 0
        pair.network.watch = { datagram in
            guard datagram.source == Pair.serverAddress else { return datagram }
            farewells += 1
            return nil
        }
        server.connection?.close(code: 1)
        pair.network.run(for: .milliseconds(1))
        #expect(farewells == 1 && server.end != nil)
        let stream = try live.openStream(StreamRecorder())
        for _ in 0..<16 {
            stream.write(ByteBuffer(repeating: 1, count: 100))
            pair.network.run(for: .milliseconds(12))
        }
        #expect(farewells > 2 && farewells < 10)
        let before = pair.counts.resets
        pair.network.run(for: .seconds(20))
        pair.network.watch = { $0 }
        stream.write(ByteBuffer(repeating: 1, count: 100))
        #expect(pair.network.run { client.end != nil })
        #expect(client.end == .reset && pair.counts.resets > before)
    }

    @Test("another certificate serves from the next handshake on, and open connections stay")
    func newCertificate() throws {
        let pair = try Pair()
        let (first, _, _) = try pair.open()
        pair.server.use(try TestCertificate.make())
        let (second, _, _) = try pair.open(from: .test(3))
        #expect(first.isOpen && second.isOpen)
        #expect(throws: QUICProblem.self) { try QUICCertificate(chain: Array("x".utf8), key: Array("y".utf8)) }
    }

    @Test("an idle connection holds little memory")
    func memory() throws {
        let pair = try Pair()
        let (_, _, server) = try pair.open()
        pair.network.run(for: .seconds(5))
        let connection = try #require(server.connection)
        // The library takes what it needs in blocks for 64 of a kind.
        #expect(connection.memory < 72 << 10, "\(connection.memory) bytes")
        #expect(pair.counts.memory >= connection.memory && pair.counts.memory < connection.memory + 4_096)
    }

    @Test("what is held is charged before, and a connection whose charge is refused ends")
    func charge() throws {
        var charged = 0
        var most = Int.max
        let pair = try Pair { difference in
            guard charged + difference <= most || difference < 0 else { return false }
            charged += difference
            return true
        }
        let (connection, client, server) = try pair.open()
        #expect(charged > 0 && charged == pair.counts.memory)
        most = charged + 200_000
        let stream = try connection.openStream(StreamRecorder())
        stream.write(ByteBuffer(string: "x"))
        #expect(pair.network.run { server.accepted.count == 1 })
        pair.network.detach(Pair.clientAddress)
        for _ in 0..<100 {
            server.accepted[0].write(ByteBuffer(repeating: 1, count: 10_000))
            pair.network.run(for: .milliseconds(1))
        }
        #expect(server.end == .transport(code: 1, reason: "", by: .here))
        #expect(charged == 0 && pair.counts.memory == 0 && client.end == nil)
    }

    @Test("bytes out of order and with gaps can't fill the memory", arguments: [false, true])
    func gaps(isStopped: Bool) throws {
        var settings = Pair.settings
        settings.streamWindow = 1 << 20
        settings.connectionWindow = 1 << 20
        let pair = try Pair(settings: settings)
        pair.onGuest = { guest in
            guest.onStream = { _ in isStopped ? nil : guest.keep(StreamRecorder()) }
        }
        let (connection, client, server) = try pair.open()
        // Every other packet is lost, and the library sends what is lost in other packets, as small as they were.
        var most = 0
        pair.network.watch = { datagram in
            guard datagram.source == Pair.clientAddress, datagram.bytes.readableBytes < 100 else { return datagram }
            return datagram.bytes.getInteger(at: datagram.bytes.writerIndex - 1, as: UInt8.self)?.isMultiple(of: 2)
                == true
                ? datagram : nil
        }
        for _ in 0..<200 {
            let stream = try? connection.openStream(StreamRecorder())
            stream?.write(ByteBuffer(string: "a"))
            pair.network.run(for: .milliseconds(2))
            most = max(most, pair.counts.memory)
        }
        #expect(most < 12 << 20, "\(most)")
        #expect(client.end == nil || server.end != nil)
    }

    @Test("a server that is closed tells all of its peers, and takes nobody")
    func closing() throws {
        let pair = try Pair()
        let (_, first, _) = try pair.open()
        let (_, second, _) = try pair.open(from: .test(3))
        pair.server.close(code: 5, reason: "goes home")
        #expect(pair.network.run { first.end != nil && second.end != nil })
        #expect(first.end == .application(code: 5, reason: "goes home", by: .peer))
        let (_, late) = try pair.connect(from: .test(4))
        #expect(pair.network.run { late.end != nil })
        #expect(late.end == .transport(code: QUICEnd.refused, reason: "", by: .peer))
    }

    @Test("a peer gets of a reason what it takes, and no half of a character")
    func longReason() throws {
        let pair = try Pair()
        let (connection, _, server) = try pair.open()
        connection.close(code: 3, reason: "a" + String(repeating: "\u{E9}", count: 200))
        #expect(pair.network.run { server.end != nil })
        let reason = "a" + String(repeating: "\u{E9}", count: 127)
        #expect(server.end == .application(code: 3, reason: reason, by: .peer))
    }
}
