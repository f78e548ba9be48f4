import NIOCore
import NIOEmbedded
import Testing

@testable import relay_bench

@Suite struct PresenceTalkTests {
    private let channel = EmbeddedChannel()
    private let log = PresenceLog(1)
    private let joined: EventLoopFuture<String>

    init() throws {
        let joined = self.channel.eventLoop.makePromise(of: String.self)
        self.joined = joined.futureResult
        let dialect = Dialect.relay(token: "t")
        let talk = PresenceTalk(dialect, topic: "presence", number: 0, log: self.log, joined: joined)
        try self.channel.pipeline.syncOperations.addHandler(SocketHandler(dialect: dialect, talk))
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try self.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 101 Switching Protocols\r\n\r\n"))
    }

    private func receive(_ text: String) throws {
        var frame = ByteBuffer(bytes: [0x81, UInt8(text.utf8.count)])
        frame.writeString(text)
        try self.channel.writeInbound(frame)
    }

    @Test("A member watches, joins, and has what it is told counted")
    func joins() throws {
        try self.receive(#"{"type":"subscribed"}"#)
        let reports = [
            #"{"type":"presence","action":"sync","topic":"t","members":[]}"#,
            #"{"type":"presence","action":"changes","joined":[{"connection_id":"x1"}]}"#,
        ]
        try self.receive(reports[0])
        try self.receive(#"{"type":"presence","action":"joined","id":1,"topic":"t","connection_id":"x1"}"#)
        #expect(try self.joined.wait() == "x1")
        try self.receive(reports[1])
        #expect(self.log.count(knowing: PresenceReading(of: ["x1"])) == 1)
        #expect(self.log.takeMostBytes() == reports.reduce(0) { $0 + $1.utf8.count })
    }

    @Test("Who is turned away says by which words")
    func turnedAway() throws {
        try self.channel.writeInbound(ByteBuffer(bytes: [0x88, 6, 0x03, 0xF3] + Array("gone".utf8)))
        let error = #expect(throws: LoadError.self) { try self.joined.wait() }
        #expect(error.map { "\($0)" } == "the server closed the WebSocket: 1011 gone")
    }
}
