import NIOCore
import NIOEmbedded
import Testing

@testable import relay_bench

@Suite struct RequestHandlerTests {
    private let channel = EmbeddedChannel()
    private let answer = ByteBuffer(string: "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")

    init() throws {
        try self.channel.pipeline.syncOperations.addHandler(RequestHandler())
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func start(_ request: String, until: NIODeadline) -> EventLoopFuture<Answers> {
        RequestConnection(channel: self.channel).repeatedly(ByteBuffer(string: request), until: until)
    }

    private func sent() throws -> String? {
        try self.channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
    }

    @Test("The next request goes out when the one before is answered, until the deadline")
    func repeats() throws {
        let run = self.start("a", until: .now() + .hours(1))
        #expect(try self.sent() == "a")
        #expect(try self.sent() == nil)
        try self.channel.writeInbound(self.answer)
        #expect(try self.sent() == "a")
        try self.channel.close().wait()
        #expect(throws: LoadError.self) { try run.wait() }
    }

    @Test("A second run waits until the first is over")
    func queues() throws {
        let first = self.start("a", until: .distantPast)
        let second = self.start("b", until: .distantPast)
        #expect(try self.sent() == "a")
        #expect(try self.sent() == nil)
        try self.channel.writeInbound(self.answer)
        #expect(try first.wait().count == 1)
        #expect(try self.sent() == "b")
        try self.channel.writeInbound(self.answer)
        #expect(try String(buffer: second.wait().lastBody) == "ok")
    }

    @Test("A refusal ends the run with the server's status")
    func refusal() throws {
        let run = self.start("a", until: .now() + .hours(1))
        try self.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"))
        #expect {
            try run.wait()
        } throws: { error in
            "\(error)" == "the server answered 401: no"
        }
    }

    @Test("After an upgrade, requests are frames, and only a frame that says published answers one")
    func upgraded() throws {
        let upgrade = self.start("upgrade", until: .distantPast)
        #expect(try self.sent() == "upgrade")
        try self.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 101 Switching Protocols\r\n\r\n"))
        #expect(try upgrade.wait().count == 1)
        let published = self.start("frame", until: .distantPast)
        #expect(try self.sent() == "frame")
        try self.channel.writeInbound(Self.text(#"{"type":"published","request_id":1}"#))
        #expect(try published.wait().count == 1)
        let refused = self.start("frame", until: .distantPast)
        try self.channel.writeInbound(Self.text(#"{"type":"error"}"#))
        #expect(throws: LoadError.self) { try refused.wait() }
    }

    private static func text(_ text: String) -> ByteBuffer {
        var frame = ByteBuffer(bytes: [0x81, UInt8(text.utf8.count)])
        frame.writeString(text)
        return frame
    }
}
