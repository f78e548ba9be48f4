import NIOCore
import RelayWire
import Testing

@Suite("Body of a 422 answer")
struct RequestErrorTests {
    private func body(_ decode: () throws(RequestError) -> PublishRequest) -> String {
        do {
            return "\(try decode())"
        } catch {
            var buffer = ByteBuffer()
            error.write(into: &buffer)
            #expect(buffer.readableBytes == error.size)
            return buffer.text
        }
    }

    @Test("lists every issue with its place and input")
    func issues() {
        let json = ByteBuffer(string: #"{"topic":"a b","payload":[1, 2]}"#)
        let body = self.body { () throws(RequestError) in try PublishRequest(json: json) }
        let name = "Value error, topic names take letters, digits, '_' and '-', and at least one letter or digit"
        #expect(
            body == #"{"detail":[{"type":"value_error","loc":["body","topic"],"msg":"\#(name)","input":"a b"},"#
                + #"{"type":"dict_type","loc":["body","payload"],"msg":"Input should be a valid dictionary","input":[1, 2]}]}"#
        )
    }

    @Test("tells where JSON is broken")
    func malformed() {
        let body = self.body { () throws(RequestError) in try PublishRequest(json: ByteBuffer(string: #"{"a":}"#)) }
        #expect(
            body == #"{"detail":[{"type":"json_invalid","loc":["body",5],"msg":"JSON decode error","input":{},"#
                + #""ctx":{"error":"Expecting value"}}]}"#
        )
    }

    @Test("sends back inputs up to 256 bytes", arguments: [254, 255])
    func inputSize(digits: Int) {
        let text = #"{"topic":"a","payload":"\#(String(repeating: "x", count: digits))"}"#
        let body = self.body { () throws(RequestError) in try PublishRequest(json: ByteBuffer(string: text)) }
        #expect(body.contains(#""input":"xxx"#) == (digits == 254))
    }

    @Test("escapes names that a client made up")
    func foreignNames() throws {
        let json = ByteBuffer(string: #"{"topic":"a","payload":{},"metadata":{"q\"\n\u0001":1}}"#)
        let body = self.body { () throws(RequestError) in try PublishRequest(json: json) }
        #expect(body.contains(#""loc":["body","metadata","q\"\n\u0001"]"#))
    }

    @Test("takes locations of other request parts")
    func otherParts() {
        let issue = ValidationIssue(type: "int_parsing", location: [.name("query"), .name("limit")], message: "m")
        var buffer = ByteBuffer()
        RequestError.invalid([issue]).write(into: &buffer)
        #expect(buffer.text == #"{"detail":[{"type":"int_parsing","loc":["query","limit"],"msg":"m"}]}"#)
    }
}
