import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@testable import RelayServer

/// Bodies in the forms that clients send them in.
@Suite("Forms of bodies", .timeLimit(.minutes(1)))
struct BodyFormTests {
    private static let publish = #"{"topic":"t","payload":{"text":"hello, hello, hello, hello"}}"#
    /// `publish`, as Python's gzip, zlib and raw zlib write it.
    private static let gzip = "H4sIAAAAAAACA6tWKskvyExWslIqUdJRKkiszMlPTFGyqlYqSa0oAYpmpObk5OsoYKGUamsBUkOKHj0AAAA="
    private static let zlib = "eJyrVirJL8hMVrJSKlHSUSpIrMzJT0xRsqpWKkmtKAGKZqTm5OTrKGChlGprAXDFFJU="
    private static let raw = "q1YqyS/ITFayUipR0lEqSKzMyU9MUbKqVipJrSgBimak5uTk6yhgoZRqawE="
    private static let encoded: [(String, String)] = [
        ("gzip", Self.gzip), ("x-gzip", Self.gzip), ("GZIP", Self.gzip), ("deflate", Self.zlib), ("deflate", Self.raw),
    ]

    @Test("a body in gzip or deflate is read, on every lane")
    func compressed() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            for (coding, base64) in Self.encoded {
                let body = try #require(Data(base64Encoded: base64))
                let headers = ["Content-Encoding: \(coding)", "Content-Length: \(body.count)"]
                connection.request("POST", "/api/v1/messages", token: token, headers: headers)
                connection.send(ByteBuffer(bytes: body))
                #expect(await connection.reply()?.status == 201, "\(coding)")
                // No topic's description, but JSON all the same.
                connection.request("POST", "/api/v1/topics", token: token, headers: headers)
                connection.send(ByteBuffer(bytes: body))
                #expect(await connection.reply()?.text.contains("topic_name") == true, "\(coding)")
            }
        }
    }

    @Test("what is encoded otherwise, or is not what it says, is refused with the reason")
    func refused() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for (coding, status) in [
                ("br", 415), ("gzip, gzip", 415), ("gzip", 400), ("deflate", 400), ("identity", 201),
            ] {
                let reply = try await relay.send(
                    .POST,
                    "/api/v1/messages",
                    token: token,
                    headers: [("content-encoding", coding)],
                    body: Self.publish
                )
                #expect(reply.status == status, "\(coding)")
                if status == 415 { #expect(reply.header("accept-encoding") == "gzip, deflate") }
            }
        }
    }

    /// A mebibyte of one letter.
    private static let bomb = [
        "H4sIAAAAAAACA+3BMQEAAADCoKzrX8IQvkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHwGclbN1wAA",
        "EAA=",
    ].joined()

    @Test("no more comes out of a body than may be sent plain")
    func bomb() throws {
        let bomb = ByteBuffer(bytes: try #require(Data(base64Encoded: Self.bomb)))
        #expect(try ContentCoding.gzip.decode(bomb, upTo: 1 << 20).readableBytes == 1 << 20)
        #expect(throws: ContentCoding.Failure.tooLarge) { try ContentCoding.gzip.decode(bomb, upTo: (1 << 20) - 1) }
        #expect(throws: ContentCoding.Failure.tooLarge) { try ContentCoding.gzip.decode(bomb, upTo: 10) }
        var half = bomb
        half.moveWriterIndex(to: half.writerIndex - 20)
        #expect(throws: ContentCoding.Failure.malformed) { try ContentCoding.gzip.decode(half, upTo: 2 << 20) }
        #expect(throws: ContentCoding.Failure.malformed) { try ContentCoding.gzip.decode(ByteBuffer(), upTo: 10) }
    }

    @Test("a byte order mark in front of JSON is passed over, on every lane")
    func byteOrderMark() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for (path, body, status) in [
                ("/api/v1/messages", Self.publish, 201),
                ("/messages/poll", #"{"topics":["t"],"since":{"t":"0"}}"#, 200),
                ("/api/v1/topics", #"{"topic_name":"mine"}"#, 201),
            ] {
                let reply = try await relay.send(.POST, path, token: token, body: "\u{FEFF}" + body)
                #expect(reply.status == status, "\(path)")
            }
        }
    }

    @Test("a log-in may be multipart/form-data")
    func multipart() async throws {
        let part = "Content-Disposition: form-data; name="
        let password = TestRelay.password
        let body =
            "--x-y\r\n\(part)\"username\"\r\n\r\nadmin\r\n--x-y\r\n\(part)password\r\n\r\n\(password)\r\n--x-y--\r\n"
        try await withRelay { relay in
            for (type, status) in [
                ("multipart/form-data; boundary=x-y", 200),
                ("Multipart/Form-Data; charset=utf-8; boundary=\"x-y\"", 200),
                ("multipart/form-data; boundary=z", 422), ("multipart/form-data", 422), ("text/plain", 422),
            ] {
                let headers = [("content-type", type)]
                let reply = try await relay.send(.POST, "/auth/login", headers: headers, body: body)
                #expect(reply.status == status, "\(type)")
            }
        }
    }

    @Test("fields of a multipart form are found by their names, whatever is in them")
    func parts() {
        let body = ByteBuffer(
            string:
                "preamble\r\n--b\r\ncontent-disposition: form-data; name=\"a\"; filename=\"f\"\r\nX: y\r\n\r\n1\r\n\r\n2\r\n"
                + "--b\r\n\r\nno name\r\n--b\r\nContent-Disposition: form-data; name=e\r\n\r\n\r\n--b\r\nbroken\r\n--b--"
        )
        var form = FormBody(body, contentType: "multipart/form-data; boundary=b")
        #expect(form.optional("a") == "1\r\n\r\n2")
        #expect(form.optional("e") == nil)
        #expect(form.required("x") == nil)
        #expect(form.issues.count == 1)
    }
}
