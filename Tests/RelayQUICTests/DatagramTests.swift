import NIOCore
import Testing

@testable import RelayQUIC

@Suite("Datagrams of QUIC", .enabled(if: QUICLibrary.absence == nil))
struct DatagramTests {
    @Test("datagrams pass both ways, each whole")
    func echo() throws {
        let pair = try Pair()
        pair.onGuest = { guest in guest.onDatagram = { connection, bytes in connection.send(datagram: bytes) } }
        let (connection, client, _) = try pair.open()
        #expect(connection.largestDatagram > 1_100)
        for number in 0..<20 {
            #expect(connection.send(datagram: ByteBuffer(repeating: UInt8(number), count: 50 * number)))
        }
        #expect(pair.network.run { client.datagrams.count == 20 })
        #expect(client.datagrams.map(\.readableBytes) == (0..<20).map { 50 * $0 })
        #expect(client.datagrams.last == ByteBuffer(repeating: 19, count: 950))
    }

    @Test("the longest datagram passes, and no longer one")
    func longest() throws {
        let pair = try Pair()
        let (connection, client, server) = try pair.open()
        let most = connection.largestDatagram
        #expect(!connection.send(datagram: ByteBuffer(repeating: 1, count: most + 1)))
        #expect(connection.send(datagram: ByteBuffer(repeating: 1, count: most)))
        #expect(pair.network.run { server.datagrams.count == 1 })
        #expect(server.datagrams.first?.readableBytes == most && client.end == nil)
    }

    @Test("what does not fit is dropped, and holds nothing up")
    func bounds() throws {
        var settings = Pair.settings
        settings.datagramQueue = 10_000
        let pair = try Pair(settings: settings)
        let (connection, _, server) = try pair.open(settings: settings)
        var taken = 0
        for _ in 0..<100 where connection.send(datagram: ByteBuffer(repeating: 1, count: 1_000)) { taken += 1 }
        #expect(taken == 9)
        #expect(!connection.send(datagram: ByteBuffer(repeating: 1, count: 3_000)))
        #expect(pair.network.run { server.datagrams.count == 9 })
        #expect(connection.send(datagram: ByteBuffer(repeating: 2, count: 1_000)))
        #expect(pair.network.run { server.datagrams.count == 10 })
    }

    @Test("a peer that takes none is sent none")
    func refused() throws {
        var settings = Pair.settings
        settings.datagramFrame = 0
        let pair = try Pair(settings: settings)
        let (connection, _, server) = try pair.open()
        #expect(connection.largestDatagram == 0 && !connection.send(datagram: ByteBuffer(string: "x")))
        #expect(server.connection?.send(datagram: ByteBuffer(string: "y")) == true)
    }

    @Test("streams go on while datagrams are sent without end")
    func sharing() throws {
        let pair = try Pair()
        let (connection, _, server) = try pair.open()
        let recorder = StreamRecorder()
        try connection.openStream(recorder).write(ByteBuffer(repeating: 1, count: 200_000), isLast: true)
        let done = pair.network.run {
            for _ in 0..<5 { connection.send(datagram: ByteBuffer(repeating: 1, count: 500)) }
            return server.first?.isComplete == true
        }
        #expect(done && server.datagrams.count > 50)
    }
}
