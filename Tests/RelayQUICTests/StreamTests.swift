import NIOCore
import SeededRandom
import Testing

@testable import RelayQUIC

@Suite("Streams of QUIC", .enabled(if: QUICLibrary.absence == nil))
struct StreamTests {
    /// Bytes of chance, the same for the same seed.
    private static func bytes(_ count: Int, seed: UInt64) -> ByteBuffer {
        var random = SeededGenerator(seed: seed)
        var buffer = ByteBuffer()
        while buffer.readableBytes < count { buffer.writeInteger(random.next()) }
        return buffer.readSlice(length: count) ?? buffer
    }

    /// A server that writes back what comes on a stream.
    private static func echo(_ guest: ConnectionRecorder) {
        guest.onStream = { _ in
            let recorder = StreamRecorder()
            recorder.onReceive = { stream, bytes, isLast in stream.write(bytes, isLast: isLast) }
            return guest.keep(recorder)
        }
    }

    /// A server that grants nothing of what it receives.
    private static func grantNothing(_ guest: ConnectionRecorder) {
        guest.onStream = { _ in
            let recorder = StreamRecorder()
            recorder.grants = false
            return guest.keep(recorder)
        }
    }

    @Test("a handshake agrees on a protocol and on a certificate, and both sides are told")
    func handshake() throws {
        let pair = try Pair()
        let (connection, client, server) = try pair.open()
        #expect(connection.applicationProtocol == Pair.protocolName)
        #expect(server.connection?.applicationProtocol == Pair.protocolName)
        #expect(connection.isOpen && !connection.isServer)
        #expect(server.connection?.peer == Pair.clientAddress.socketAddress)
        #expect(client.opened == 1 && server.opened == 1)
        #expect(pair.counts.accepted == 1 && pair.counts.connections == 1 && pair.counts.handshakes == 0)
    }

    @Test(
        "bytes come whole and in order through a network that loses, doubles and reorders",
        arguments: 0..<6 as Range<UInt64>
    )
    func weather(seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        pair.network.weather = .init(jitter: .milliseconds(30), loss: 5, doubling: 5)
        pair.onGuest = Self.echo
        let (connection, _, _) = try pair.open()
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        let content = Self.bytes(300_000, seed: seed)
        stream.write(content, isLast: true)
        #expect(pair.network.run(atMost: .seconds(120)) { recorder.isClosed })
        #expect(recorder.received == content && recorder.isComplete)
        #expect(recorder.released == content.readableBytes && stream.held == 0)
    }

    @Test("many streams share a connection fairly, in both directions and in one")
    func many() throws {
        let pair = try Pair()
        pair.onGuest = Self.echo
        let (connection, _, server) = try pair.open()
        var recorders: [StreamRecorder] = []
        for number in 0..<50 {
            let recorder = StreamRecorder()
            recorders.append(recorder)
            try connection.openStream(recorder).write(Self.bytes(5_000, seed: UInt64(number)), isLast: true)
        }
        #expect(pair.network.run { recorders.allSatisfy(\.isClosed) })
        for (number, recorder) in recorders.enumerated() {
            #expect(recorder.received == Self.bytes(5_000, seed: UInt64(number)))
        }
        #expect(server.accepted.map(\.id) == (0..<50).map { UInt64($0) * 4 })
        let single = StreamRecorder()
        let stream = try connection.openUnidirectionalStream(single)
        #expect(stream.id == 2 && !stream.isBidirectional && stream.isOwn)
        stream.write(ByteBuffer(string: "one way"), isLast: true)
        #expect(pair.network.run { single.isClosed })
        #expect(server.accepted.last?.id == 2 && server.accepted.last?.isWritable == false)
    }

    @Test("a peer sends no more than is granted, and what is granted")
    func credit() throws {
        var settings = Pair.settings
        settings.streamWindow = 20_000
        settings.connectionWindow = 30_000
        let pair = try Pair(settings: settings)
        pair.onGuest = Self.grantNothing
        let (connection, _, server) = try pair.open()
        let first = StreamRecorder()
        let second = StreamRecorder()
        try connection.openStream(first).write(Self.bytes(100_000, seed: 1), isLast: true)
        try connection.openStream(second).write(Self.bytes(100_000, seed: 2), isLast: true)
        pair.network.run(for: .seconds(2))
        let held = server.accepted.map(\.owed)
        #expect(held.count == 2 && held.allSatisfy { $0 <= 20_000 } && held.reduce(0, +) == 30_000)
        for stream in server.accepted { stream.grant(stream.owed) }
        pair.network.run(for: .seconds(2))
        #expect(server.accepted.map(\.owed).reduce(0, +) == 30_000)
        let done = pair.network.run {
            for stream in server.accepted { stream.grant(stream.owed) }
            return first.released == 100_000 && second.released == 100_000
        }
        #expect(done)
    }

    @Test("what a stopped or closed stream owes goes back to the connection")
    func giveBack() throws {
        var settings = Pair.settings
        settings.connectionWindow = 20_000
        let pair = try Pair(settings: settings)
        pair.onGuest = Self.grantNothing
        let (connection, _, server) = try pair.open()
        for number in 0..<10 {
            let recorder = StreamRecorder()
            let stream = try connection.openStream(recorder)
            stream.write(Self.bytes(30_000, seed: UInt64(number)), isLast: true)
            #expect(pair.network.run { server.accepted.last?.owed == 20_000 }, "stream \(number)")
            server.accepted.last?.stop(code: 7)
            server.accepted.last?.reset(code: 7)
            #expect(pair.network.run { recorder.isClosed }, "stream \(number)")
            #expect(recorder.wasStopped && recorder.resetCode == 7 && stream.held == 0)
        }
    }

    @Test("a reset and a stop reach the other side, with their codes")
    func reset() throws {
        let pair = try Pair()
        let (connection, _, server) = try pair.open()
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        stream.write(ByteBuffer(string: "begin"))
        #expect(pair.network.run { server.accepted.count == 1 })
        stream.reset(code: 42)
        #expect(!stream.isWritable)
        stream.write(ByteBuffer(string: "dropped"))
        #expect(pair.network.run { server.first?.resetCode == 42 })
        #expect(server.first?.received == ByteBuffer(string: "begin"))
        stream.stop(code: 43)
        let other = server.accepted[0]
        let isTold = pair.network.run {
            other.write(ByteBuffer(string: "to nobody"))
            return server.first?.wasStopped == true
        }
        #expect(isTold && !other.isWritable)
        #expect(pair.network.run { server.first?.isClosed == true && recorder.isClosed })
        #expect(other.errorCode == 43 || other.errorCode == 42)
    }

    @Test("a stop is noticed by who waits for credit")
    func stopWhileBlocked() throws {
        var settings = Pair.settings
        settings.streamWindow = 10_000
        let pair = try Pair(settings: settings)
        pair.onGuest = Self.grantNothing
        let (connection, _, server) = try pair.open()
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        stream.write(Self.bytes(50_000, seed: 1))
        pair.network.run(for: .seconds(1))
        #expect(stream.held == 40_000)
        server.accepted[0].stop(code: 1)
        #expect(pair.network.run(atMost: .seconds(2)) { recorder.wasStopped })
        #expect(stream.held == 0 && recorder.released == 50_000)
    }

    @Test("more streams than a peer allows are refused, and allowed again when others are done")
    func streamLimit() throws {
        var settings = Pair.settings
        settings.bidirectionalStreams = 3
        let pair = try Pair(settings: settings)
        pair.onGuest = Self.echo
        let (connection, client, _) = try pair.open()
        var streams: [QUICStream] = []
        for _ in 0..<3 { streams.append(try connection.openStream(StreamRecorder())) }
        #expect(throws: QUICProblem.noStreamLeft) { try connection.openStream(StreamRecorder()) }
        for stream in streams { stream.write(ByteBuffer(string: "x"), isLast: true) }
        #expect(pair.network.run { client.allowed > 0 })
        _ = try connection.openStream(StreamRecorder())
    }

    @Test(
        "streams in one direction come to their end, and make room for others",
        arguments: ["ends", "resets", "refused"]
    )
    func oneWay(how: String) throws {
        var settings = Pair.settings
        settings.unidirectionalStreams = 4
        let pair = try Pair(settings: settings)
        var recorders: [StreamRecorder] = []
        pair.onGuest = { guest in
            guest.onStream = { _ in
                guard how != "refused" else { return nil }
                recorders.append(StreamRecorder())
                return recorders.last
            }
        }
        let (connection, client, server) = try pair.open()
        var opened = 0
        let done = pair.network.run(atMost: .seconds(60)) {
            while opened < 100, let stream = try? connection.openUnidirectionalStream(StreamRecorder()) {
                stream.write(ByteBuffer(string: "number \(opened)"), isLast: how == "ends")
                if how == "resets" { stream.reset(code: 3) }
                opened += 1
            }
            return server.accepted.count + (how == "resets" ? 100 : 0) >= 100 && opened == 100
        }
        #expect(done && client.end == nil && server.end == nil)
        pair.network.run(for: .seconds(1))
        #expect(recorders.allSatisfy(\.isClosed) && server.accepted.allSatisfy { $0.owed == 0 })
        if how == "ends" {
            #expect(recorders.map { String(buffer: $0.received) } == (0..<100).map { "number \($0)" })
        }
    }

    @Test("small pieces of many streams take little memory, at who receives and at who sends")
    func smallPieces() throws {
        let pair = try Pair()
        var pieces = 0
        pair.onGuest = { guest in
            guest.onStream = { _ in
                let recorder = StreamRecorder()
                recorder.onReceive = { _, _, _ in pieces += 1 }
                return recorder
            }
        }
        let (connection, _, server) = try pair.open()
        let streams = try (0..<4).map { _ in try connection.openStream(StreamRecorder()) }
        let before = connection.memory
        pair.network.watch = { _ in nil }
        for round in 0..<20_000 { streams[round % 4].write(ByteBuffer(integer: UInt8(truncatingIfNeeded: round))) }
        pair.network.run(for: .milliseconds(1))
        #expect(connection.memory - before < 100_000, "\(connection.memory - before)")
        pair.network.watch = { $0 }
        #expect(pair.network.run { streams.allSatisfy { $0.held == 0 } })
        #expect(server.accepted.count == 4 && pieces < 100, "\(pieces)")
    }

    @Test("streams that are opened up to the limit and abandoned hold little, and nothing once their client is gone")
    func abandoned() throws {
        let pair = try Pair()
        let (connection, _, server) = try pair.open()
        let before = try #require(server.connection).memory
        var opened = 0
        while let stream = try? connection.openStream(StreamRecorder()) {
            stream.write(ByteBuffer(string: "x"))
            opened += 1
        }
        #expect(opened == Pair.settings.bidirectionalStreams)
        #expect(pair.network.run { server.accepted.count == opened })
        let held = try #require(server.connection).memory - before
        #expect(held < opened * 2_048, "\(held) bytes for \(opened) streams")
        // The client vanishes. Nobody asks it whether it is there, since it may not answer.
        pair.network.detach(Pair.clientAddress)
        #expect(pair.network.run(atMost: .seconds(120)) { server.end != nil })
        #expect(pair.counts.connections == 0 && pair.counts.memory == 0)
    }

    @Test("a stream without a handler is refused")
    func refusedStream() throws {
        let pair = try Pair()
        pair.onGuest = { $0.onStream = { _ in nil } }
        let (connection, _, _) = try pair.open()
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        stream.write(ByteBuffer(repeating: 1, count: 200_000))
        #expect(pair.network.run { recorder.wasStopped && recorder.resetCode == 0 })
        #expect(pair.network.run { recorder.isClosed && stream.held == 0 })
    }

    @Test("the end of a connection ends its streams, and nothing more is sent")
    func ending() throws {
        let pair = try Pair()
        let (connection, client, server) = try pair.open()
        let recorder = StreamRecorder()
        let stream = try connection.openStream(recorder)
        stream.write(ByteBuffer(string: "hello"))
        #expect(pair.network.run { server.accepted.count == 1 })
        connection.close(code: 9, reason: "done")
        #expect(client.end == nil, "told in a later turn")
        #expect(pair.network.run { server.end != nil })
        #expect(client.end == .application(code: 9, reason: "done", by: .here))
        #expect(server.end == .application(code: 9, reason: "done", by: .peer))
        #expect(recorder.isClosed && server.first?.isClosed == true)
        stream.write(ByteBuffer(string: "late"))
        #expect(stream.held == 0 && !connection.isOpen)
        #expect(throws: QUICProblem.notConnected) { try connection.openStream(StreamRecorder()) }
        #expect(pair.counts.connections == 0 && pair.counts.memory == 0)
    }
}
