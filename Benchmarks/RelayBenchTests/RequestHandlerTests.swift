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
        HTTPConnection(channel: self.channel).repeatedly(ByteBuffer(string: request), until: until)
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
}
