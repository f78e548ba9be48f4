import NIOCore
import NIOEmbedded
import NIOWebSocket
import RelayWire
import Testing

@testable import RelayServer

@Suite("A session of WebTransport as a WebSocket")
struct SessionFramesTests {
    /// A session, what it is ended by, and what comes of it.
    private final class Line {
        let channel = EmbeddedChannel()
        private(set) var ends: [String] = []

        init(_ messages: SessionMessages) throws {
            let frames = SessionFrames(messages) { [unowned self] in self.ends.append("\($0) \($1)") }
            try self.channel.pipeline.syncOperations.addHandler(frames)
        }

        /// What the frames are that come of the client's bytes.
        func heard(_ bytes: ByteBuffer) throws -> [String] {
            try self.channel.writeInbound(bytes)
            return try self.frames()
        }

        func frames() throws -> [String] {
            var found: [String] = []
            while let frame = try self.channel.readInbound(as: WebSocketFrame.self) {
                let end = frame.fin ? "." : ""
                found.append("\(frame.opcode) \(String(buffer: frame.unmaskedData))\(end)")
            }
            return found
        }

        /// What the client gets of the relay's frames.
        func said(_ bytes: ByteBuffer) throws -> String {
            try self.channel.writeOutbound(IOData.byteBuffer(bytes))
            guard case .byteBuffer(let bytes)? = try self.channel.readOutbound(as: IOData.self) else {
                return "nothing"
            }
            return String(buffer: bytes)
        }
    }

    private static func frames(_ frames: (WebSocketFraming.Kind, String)...) -> ByteBuffer {
        frames.reduce(into: ByteBuffer()) { bytes, frame in
            WebSocketFraming.write(frame.0, ByteBuffer(string: frame.1), maskedBy: nil, into: &bytes)
        }
    }

    @Test("texts become a WebSocket's as they come, in fragments where they are cut")
    func texts() throws {
        let line = try Line(.measuredTexts)
        let opcodes = (text: "\(WebSocketOpcode.text)", more: "\(WebSocketOpcode.continuation)")
        #expect(
            try line.heard(ByteBuffer(string: "\0\0\0\u{2}{}\0\0\0\u{3}ab")) == [
                "\(opcodes.text) {}.", "\(opcodes.text) ab",
            ]
        )
        #expect(try line.heard(ByteBuffer(string: "c\0\0")) == ["\(opcodes.more) c."])
        #expect(try line.heard(ByteBuffer(string: "\0\0")) == ["\(opcodes.text) ."])
    }

    @Test("of the relay's frames texts go out behind their lengths, and a ping is answered here")
    func answers() throws {
        let line = try Line(.measuredTexts)
        let said = try line.said(Self.frames((.text, "{}"), (.ping, ""), (.text, "abc")))
        #expect(said == "\0\0\0\u{2}{}\0\0\0\u{3}abc")
        line.channel.embeddedEventLoop.run()
        #expect(try line.frames() == ["\(WebSocketOpcode.pong) ."])
    }

    @Test("what says itself where it ends goes as it is, both ways, and hears no pong")
    func unmarked() throws {
        let line = try Line(.unmarked)
        #expect(try line.heard(ByteBuffer(string: "\0\0\0\u{2}a")) == ["\(WebSocketOpcode.binary) \0\0\0\u{2}a."])
        #expect(try line.said(Self.frames((.binary, "one"), (.ping, ""), (.binary, "two"))) == "onetwo")
        line.channel.embeddedEventLoop.run()
        #expect(try line.frames().isEmpty)
    }

    @Test(
        "a close frame ends the session by its code and its reason",
        arguments: [SessionMessages.unmarked, .measuredTexts]
    )
    func close(_ messages: SessionMessages) throws {
        let line = try Line(messages)
        var bytes = ByteBuffer()
        WebSocketFraming.writeClose(code: 1_008, reason: "over", maskedBy: nil, into: &bytes)
        let promise = line.channel.eventLoop.makePromise(of: Void.self)
        var endsWhenKept: [String]?
        promise.futureResult.assumeIsolated().whenSuccess { endsWhenKept = line.ends }
        line.channel.write(IOData.byteBuffer(bytes), promise: promise)
        #expect(line.ends == ["1008 over"])
        #expect(endsWhenKept == ["1008 over"], "whoever waits for it may close the channel")
    }
}
