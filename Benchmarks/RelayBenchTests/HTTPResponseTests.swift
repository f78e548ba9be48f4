import NIOCore
import Testing

@testable import relay_bench

@Suite struct HTTPResponseTests {
    @Test(
        "An answer is read with its status and body, however its length is written",
        arguments: ["Content-Length: 5", "content-length:5", "CONTENT-LENGTH:  5"]
    )
    func readsWhole(lengthHeader: String) throws {
        var bytes = ByteBuffer(string: "HTTP/1.1 201 Created\r\nServer: x\r\n\(lengthHeader)\r\n\r\nhelloHTTP")
        let response = try #require(HTTPResponse.read(from: &bytes))
        #expect(response.status == 201)
        #expect(String(buffer: response.body) == "hello")
        #expect(String(buffer: bytes) == "HTTP")
    }

    @Test("No prefix of an answer is taken for an answer, and none is consumed")
    func waitsForTheRest() {
        let whole = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        for length in 0..<whole.readableBytes {
            var prefix = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(HTTPResponse.read(from: &prefix) == nil)
            #expect(prefix.readableBytes == length)
        }
    }

    @Test("An answer without a length has no body")
    func withoutLength() throws {
        var bytes = ByteBuffer(string: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\u{1}")
        let response = try #require(HTTPResponse.read(from: &bytes))
        #expect(response.status == 101)
        #expect(response.body.readableBytes == 0)
        #expect(bytes.readableBytes == 1)
    }
}
