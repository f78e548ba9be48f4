import NIOCore
import NIOEmbedded
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

@Suite("Response text")
struct ResponseEncoderTests {
    private let channel = EmbeddedChannel(handler: ResponseEncoder())

    private func write(_ part: HTTPServerResponsePart) {
        self.channel.write(part, promise: nil)
    }

    private func head(
        _ status: HTTPResponseStatus = .ok,
        _ version: HTTPVersion = .http1_1,
        _ headers: HTTPHeaders = [:]
    ) -> HTTPServerResponsePart {
        .head(HTTPResponseHead(version: version, status: status, headers: headers))
    }

    /// What the socket was given since the last look, one text for each write.
    private func written() throws -> [String] {
        self.channel.flush()
        var writes: [String] = []
        while let data = try self.channel.readOutbound(as: IOData.self) {
            guard case .byteBuffer(let bytes) = data else { continue }
            writes.append(String(buffer: bytes))
        }
        return writes
    }

    @Test("a small answer is one write")
    func small() throws {
        self.write(self.head(.created, .http1_1, ["content-type": "application/json", "content-length": "2"]))
        self.write(.body(.byteBuffer(ByteBuffer(string: "{}"))))
        self.write(.end(nil))
        let expected = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        #expect(try self.written() == [expected])
    }

    @Test("a response as a whole is what its parts are, and waits for a flush")
    func whole() throws {
        let encoder = ResponseEncoder()
        let channel = EmbeddedChannel(handler: encoder)
        let done = channel.eventLoop.makePromise(of: Void.self)
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "2"])
        encoder.write(head, ByteBuffer(string: "{}"), promise: nil)
        encoder.write(HTTPResponseHead(version: .http1_1, status: .noContent), nil, promise: done)
        #expect(try channel.readOutbound(as: IOData.self) == nil)
        channel.flush()
        var text = ""
        while case .byteBuffer(let bytes)? = try channel.readOutbound(as: IOData.self) { text += String(buffer: bytes) }
        #expect(text == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 204 No Content\r\n\r\n")
        try done.futureResult.wait()
        _ = try channel.finish()
        let late = channel.eventLoop.makePromise(of: Void.self)
        encoder.write(head, nil, promise: late)
        #expect(throws: ChannelError.self) { try late.futureResult.wait() }
    }

    @Test("a usual reply is the text that its head would be")
    func reply() throws {
        let encoder = ResponseEncoder()
        let channel = EmbeddedChannel(handler: encoder)
        let reply = Reply.published(.created, ByteBuffer(string: "{}"), .memory)
        encoder.write(reply, date: "now", requestID: "a-1")
        channel.flush()
        var head = reply.head(version: .http1_1, closes: false)
        head.headers.add(name: "date", value: "now")
        head.headers.add(name: "x-request-id", value: "a-1")
        encoder.write(head, reply.body, promise: nil)
        channel.flush()
        let texts = try (0..<2).map { _ in
            guard case .byteBuffer(let bytes)? = try channel.readOutbound(as: IOData.self) else { return "" }
            return String(buffer: bytes)
        }
        #expect(!texts[0].isEmpty && texts[0] == texts[1])
        _ = try channel.finish()
    }

    @Test("what was answered goes out before the end, flushed or not")
    func close() throws {
        self.write(self.head(.noContent))
        self.write(.end(nil))
        self.channel.close(promise: nil)
        let data = try self.channel.readOutbound(as: IOData.self)
        #expect(data == .byteBuffer(ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n")))
    }

    @Test("a large body is not copied")
    func large() throws {
        let body = ByteBuffer(repeating: UInt8(ascii: "a"), count: 40_000)
        self.write(self.head(.ok, .http1_1, ["content-length": "40000"]))
        self.write(.body(.byteBuffer(body)))
        self.write(.end(nil))
        let writes = try self.written()
        #expect(writes.joined() == "HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n" + String(buffer: body))
        #expect(writes.contains(String(buffer: body)))
    }

    @Test("what has no length is chunked, part by part as it is flushed")
    func chunked() throws {
        self.write(self.head(.ok, .http1_1, ["content-type": "text/event-stream"]))
        let start = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        #expect(try self.written() == [start])
        self.write(.body(.byteBuffer(ByteBuffer(string: "data: hello world\n\n"))))
        #expect(try self.written() == ["13\r\ndata: hello world\n\n\r\n"])
        self.write(.body(.byteBuffer(ByteBuffer())))
        #expect(try self.written() == [])
        let large = ByteBuffer(repeating: UInt8(ascii: "b"), count: 20_000)
        self.write(.body(.byteBuffer(large)))
        #expect(try self.written().joined() == "4e20\r\n\(String(buffer: large))\r\n")
        self.write(.end(nil))
        #expect(try self.written() == ["0\r\n\r\n"])
    }

    @Test("HTTP/1.0 knows no chunks")
    func oldVersion() throws {
        self.write(self.head(.ok, .http1_0))
        self.write(.body(.byteBuffer(ByteBuffer(string: "a"))))
        self.write(.end(nil))
        #expect(try self.written() == ["HTTP/1.0 200 OK\r\n\r\na"])
    }

    @Test(
        "statuses without a body are not framed",
        arguments: [
            (HTTPResponseStatus.continue, "HTTP/1.1 100 Continue\r\n\r\n"),
            (.switchingProtocols, "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
            (.noContent, "HTTP/1.1 204 No Content\r\n\r\n"),
        ]
    )
    func bodiless(status: HTTPResponseStatus, text: String) throws {
        self.write(self.head(status))
        #expect(try self.written() == [text])
    }

    @Test("a promise is kept when its part was written, not before")
    func promises() throws {
        let end = self.channel.eventLoop.makePromise(of: Void.self)
        let isDone = end.futureResult.map { true }
        self.write(self.head(.ok, .http1_1, ["content-length": "1"]))
        let part = self.channel.eventLoop.makePromise(of: Void.self)
        self.channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "a"))), promise: part)
        self.channel.write(HTTPServerResponsePart.end(nil), promise: end)
        #expect(try self.written().joined() == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na")
        try part.futureResult.wait()
        #expect(try isDone.wait())
    }
}
