import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("Event stream framing")
struct EventStreamFramingTests {
    @Test("writes an event with its id, name and data")
    func event() {
        var buffer = ByteBuffer()
        let json = #"{"type":"message",\#(Samples.plainCore),"metadata":null}"#
        EventStreamFraming.write(.message(Samples.plain), cursor: Samples.id, into: &buffer)
        #expect(buffer.text == "id: 1795251363585-10\nevent: message\ndata: \(json)\n\n")
        buffer.clear()
        EventStreamFraming.write(.message(Samples.plain), cursor: "a=1-0,b=2-0", into: &buffer)
        #expect(buffer.text == "id: a=1-0,b=2-0\nevent: message\ndata: \(json)\n\n")
        buffer.clear()
        EventStreamFraming.write(.pong(Timestamp(microseconds: 0)), cursor: nil, into: &buffer)
        #expect(
            buffer.text == "event: pong\ndata: {\"type\":\"pong\",\"timestamp\":\"1970-01-01T00:00:00.000000Z\"}\n\n"
        )
    }

    @Test("bytes are one line of base64")
    func binary() {
        var buffer = ByteBuffer()
        EventStreamFraming.write(.message(Samples.binary), cursor: Samples.id, into: &buffer)
        let json = #"{"type":"message",\#(Samples.binaryCore),"metadata":null}"#
        #expect(buffer.text == "id: 1795251363585-10\nevent: message\ndata: \(json)\n\n")
    }

    @Test("no payload and no cursor can end a line")
    func lines() {
        var message = Samples.plain
        message.payload = ByteBuffer(string: "{\r\n\"a\":\n1,\r\"b\":\"\\n\"\n}")
        message.metadata = ByteBuffer(string: "{\n\"k\":\"v\"}")
        var buffer = ByteBuffer(string: "before\n")
        EventStreamFraming.write(.message(message), cursor: "1\r\n\ndata: x\0", into: &buffer)
        let lines = buffer.text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        #expect(lines.count == 6)
        #expect(lines[1] == "id: 1data: x")
        #expect(lines[3].contains(#"{  "a": 1, "b":"\n" }"#))
        #expect(lines[3].contains(#"{ "k":"v"}"#))
    }

    @Test("what some parsers take for a line's end is written as an escape, and means the same")
    func foreignLineEnds() throws {
        var message = Samples.plain
        message.payload = ByteBuffer(
            string: "{\"\u{2028}\":\"a\u{85}b\u{2029}\u{2028}\u{e9}\u{201c}\u{2027}\u{202a}\"}"
        )
        message.metadata = ByteBuffer(string: "{\"k\":\"\u{2029}\"}")
        var buffer = ByteBuffer()
        EventStreamFraming.write(.message(message), cursor: nil, into: &buffer)
        EventStreamFraming.write(.message(message), cursor: nil, into: &buffer)
        for scalar in ["\u{85}", "\u{2028}", "\u{2029}"] as [Unicode.Scalar] {
            #expect(!buffer.text.unicodeScalars.contains(scalar))
        }
        let payload = #"{"\u2028":"a\u0085b\u2029\u2028\#u{e9}\#u{201c}\#u{2027}\#u{202a}"}"#
        #expect(buffer.text.components(separatedBy: payload).count == 3)
        #expect(buffer.text.contains(#"{"k":"\u2029"}"#))
    }

    @Test("a frame is little larger than the publish that made it, and an event at most three times as large")
    func largest() throws {
        let topic = String(repeating: "t", count: 255)
        let payload = "{\"x\":\"" + String(repeating: "\u{85}", count: 10_000) + "\"}"
        let metadata = "{\"k\":\"" + String(repeating: "\u{85}", count: 10_000) + "\"}"
        let published = #"{"topic":"\#(topic)","payload":\#(payload),"metadata":\#(metadata)}"#.utf8.count
        var message = Samples.plain
        message.id = MessageID(milliseconds: .max, sequence: .max)
        message.topic = topic
        message.payload = ByteBuffer(string: payload)
        message.metadata = ByteBuffer(string: metadata)
        #expect(ServerFrame.message(message).framedSize <= published + 256)
        var buffer = ByteBuffer()
        EventStreamFraming.write(.message(message), cursor: nil, into: &buffer)
        #expect(buffer.readableBytes <= 3 * published)
    }

    @Test("writes comments and retry times")
    func others() {
        var buffer = ByteBuffer()
        EventStreamFraming.writeKeepAlive(into: &buffer)
        EventStreamFraming.writeRetry(milliseconds: 3000, into: &buffer)
        EventStreamFraming.writeRetry(milliseconds: .max, into: &buffer)
        #expect(buffer.text == ": keep-alive\n\nretry: 3000\n\nretry: 4294967295\n\n")
    }
}
