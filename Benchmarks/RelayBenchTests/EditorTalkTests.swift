import NIOCore
import NIOEmbedded
import RelayDocuments
import Testing

@testable import relay_bench

@Suite struct EditorTalkTests {
    private let channel = EmbeddedChannel()
    private let log = DeliveryLog(readsStamps: true)
    private let joined: EventLoopFuture<EditorTalk.Joined>

    init() throws {
        let joined = self.channel.eventLoop.makePromise(of: EditorTalk.Joined.self)
        self.joined = joined.futureResult
        let talk = EditorTalk(log: self.log, joined: joined)
        let handler = SocketHandler(dialect: .yWebsocket.document("a/b"), talk)
        try self.channel.pipeline.syncOperations.addHandler(handler)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func sent() throws -> ByteBuffer? { try self.channel.readOutbound(as: ByteBuffer.self) }

    private func receive(_ message: [UInt8]) throws {
        var frame = ByteBuffer(bytes: [0x82, UInt8(message.count)])
        frame.writeBytes(message)
        try self.channel.writeInbound(frame)
    }

    private func upgrade() throws {
        let request = try #require(try self.sent())
        #expect(String(buffer: request).hasPrefix("GET /a/b HTTP/1.1\r\n"))
        try self.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 101 Switching Protocols\r\n\r\n"))
        #expect(try self.sent() == ClientFrame.binary(DocumentSpeech.question))
    }

    @Test("It asks for the document, answers the server's question, and has joined when the document is there")
    func joins() throws {
        try self.upgrade()
        try self.receive([0, 0, 1, 0])
        #expect(try self.sent() == ClientFrame.binary(DocumentSpeech.nothing))
        try self.receive(DocumentFrame.step2([0, 0]))
        #expect(try self.joined.wait().document == [0, 0])
        #expect(try self.sent() == nil)
    }

    @Test("Updates count, each as many as it was merged of, with their stamps")
    func counts() throws {
        try self.upgrade()
        try self.receive(DocumentFrame.step2([0, 0]))
        let all = self.log.expect(3, on: self.channel.eventLoop)
        let typists = Typists(2)
        let merged = try [typists.next(0, LatencyStamp.now()), typists.next(1, "x")].map { try Update($0) }
        try self.receive(DocumentFrame.update(Update.mergedBytes(merged)))
        try self.receive(DocumentFrame.keepAlive)
        try self.receive(DocumentFrame.update(typists.next(1, LatencyStamp.now())))
        try all.wait()
        #expect(self.log.takeLatencies().percentile(1) != nil)
    }

    @Test("A server that refuses the handshake, or closes, is an error to whoever waits")
    func refused() throws {
        try self.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        #expect(throws: LoadError.self) { try self.joined.wait() }
    }

    @Test("A connection that is lost once it has joined is a lost reader")
    func lost() throws {
        try self.upgrade()
        try self.receive(DocumentFrame.step2([0, 0]))
        try self.channel.close().wait()
        #expect(self.log.lostReaders == 1)
    }
}
