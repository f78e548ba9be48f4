import Testing

@testable import RelayClient

@Suite("Answers")
struct HTTPReplyTests {
    @Test(
        "The reason is found wherever the relay puts it",
        arguments: [
            (#"{"detail":"Access denied"}"#, "Access denied"),
            (#"{"detail":[{"type":"x","loc":["body","ttl"],"msg":"too small"}]}"#, "body.ttl: too small"),
            (#"{"detail":[{"msg":"one"},{"loc":["query",3],"msg":"two"}]}"#, "one; query.3: two"),
            (#"{"error":"INTERNAL_ERROR","message":"An internal error occurred"}"#, "An internal error occurred"),
            (#"{"error":"Rate limit exceeded"}"#, "Rate limit exceeded"),
            ("Invalid host header", "the relay answered 400"),
            ("", "the relay answered 400"),
        ]
    )
    func detail(body: String, expected: String) {
        #expect(HTTPReply(status: 400, retryAfter: nil, body: Array(body.utf8)).detail == expected)
    }

    @Test("Forms, paths and queries are encoded strictly")
    func encoding() {
        var call = HTTPCall(.get, ["api", "v1", "topics", "session/a b", "messages"])
        call.query = [("cursor", "1-0&x=é"), ("limit", "5")]
        #expect(call.target == "/api/v1/topics/session%2Fa%20b/messages?cursor=1-0%26x%3D%C3%A9&limit=5")
    }

    @Test(
        "Retry-After is taken in seconds only",
        arguments: [("0", 0), ("30", 30), ("-1", nil), ("soon", nil), ("1.5", nil)]
    )
    func retryAfter(text: String, seconds: Int?) {
        #expect(RetryAfter(text)?.duration == seconds.map { .seconds($0) })
    }
}
