import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore

/// What a request is answered with: in one piece as a rule, in parts where it may be long.
struct Reply: Sendable {
    var status: HTTPResponseStatus
    /// Besides `content-length`, which is set by whoever sends the reply.
    var headers: HTTPHeaders
    /// All of it, or its first part.
    var body: ByteBuffer
    /// The other parts; nil where there are none.
    var rest: (any ReplyRest)?
    /// The body's length where it is not here, in an answer to HEAD.
    var lengthOfHead: Int?
    /// Whether the connection ends after it.
    var closes = false

    init(_ status: HTTPResponseStatus, headers: HTTPHeaders, body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON reply.
    init(_ status: HTTPResponseStatus, json body: ByteBuffer) {
        self.init(status, headers: Self.json, body: body)
    }

    /// `{"detail": "<detail>"}`, the form of all application errors.
    init(_ status: HTTPResponseStatus, detail: String) {
        self.init(status, json: ErrorBody.detail(detail))
    }

    /// A reply of plain text.
    init(_ status: HTTPResponseStatus, text: String) {
        self.init(status, headers: ["content-type": "text/plain; charset=utf-8"], body: ByteBuffer(string: text))
    }

    /// The answer to a publish, with what all the messages survive from now on.
    static func published(_ status: HTTPResponseStatus, _ body: ByteBuffer, _ durability: Durability) -> Reply {
        var headers = HTTPHeaders()
        // With room for what every response gets.
        headers.reserveCapacity(5)
        headers.add(contentsOf: Self.json)
        headers.add(name: "x-durability", value: durability.rawValue)
        return Reply(status, headers: headers, body: body)
    }

    /// Whatever goes wrong on the relay's side, and may go right later: clients retry a 503, and drop what gets a 4xx.
    static func unavailable(_ detail: String, retryAfterSeconds: Int = 1) -> Reply {
        var reply = Reply(.serviceUnavailable, detail: detail)
        reply.headers.add(name: "retry-after", value: String(retryAfterSeconds))
        return reply
    }

    /// The rest of the request is not read: so the connection ends.
    static var payloadTooLarge: Reply {
        var reply = Reply(.payloadTooLarge, json: ErrorBody.payloadTooLarge)
        reply.closes = true
        return reply
    }

    private static let json: HTTPHeaders = ["content-type": "application/json"]
}

extension Reply {
    /// The head that goes with it, without what every response of a connection gets.
    ///
    /// - Parameter closes: whether the connection ends after it.
    func head(version: HTTPVersion, closes: Bool) -> HTTPResponseHead {
        var head = HTTPResponseHead(version: version, status: self.status, headers: self.headers)
        if self.status.mayHaveResponseBody {
            head.headers.add(name: "content-length", value: String(self.lengthOfHead ?? self.body.readableBytes))
        }
        if closes {
            // A reply may have something to say here itself.
            let own = head.headers.first(name: "connection")
            head.headers.replaceOrAdd(name: "connection", value: own.map { "\($0), close" } ?? "close")
        } else if version == .http1_0 {
            head.headers.add(name: "connection", value: "keep-alive")
        }
        return head
    }

    /// To what is no HTTP.
    init(_ error: HTTPParserError) {
        self =
            error == .headerOverflow
            ? Reply(.requestHeaderFieldsTooLarge, detail: "Request Header Fields Too Large") : .badRequest
    }

    /// Where a bounded queue is full, or there is no room for the answer: the same request may succeed later.
    static var overloaded: Reply { .unavailable(AccessError(.overloaded).detail) }

    /// To a request for whose bytes there is no room.
    static var noRoom: Reply {
        var reply = Reply.unavailable("Too much is under way")
        reply.closes = true
        return reply
    }

    static var badRequest: Reply { Reply(.badRequest, detail: "Bad Request") }
}
