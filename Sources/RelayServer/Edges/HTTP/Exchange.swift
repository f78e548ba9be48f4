import Logging
import NIOCore
import NIOHTTP1
import RelayCore

/// One request on its way to an answer. Lives on its connection's loop.
final class Exchange {
    private(set) var head: HTTPRequestHead
    /// Names the request in logs and in its response.
    let requestID: String
    /// The body; taken by the route, so that a request that waits does not keep its bytes.
    private(set) var body: ByteBuffer
    /// The body's size as it came.
    let bodySize: Int
    let connection: HTTPConnection
    let started = NIODeadline.now()
    /// The route's template for metrics and logs, never the raw path.
    var route = "unmatched"
    /// Set while something goes on that outlives the request's arrival: a waiting poll, an event stream.
    var activity: (any ExchangeActivity)?
    /// Whether there is no one to answer any more: the peer has its answer, or has left.
    private(set) var isAnswered = false

    init(head: HTTPRequestHead, body: ByteBuffer, connection: HTTPConnection) {
        self.head = head
        self.requestID = RequestID.of(head)
        self.body = body
        self.bodySize = body.readableBytes
        self.connection = connection
    }

    var services: EdgeServices { self.connection.services }

    /// The path without the query, as sent: percent escapes are not decoded.
    var path: Substring {
        let uri = self.head.uri
        return uri[..<(uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? uri.endIndex)]
    }

    /// What follows the first `?`, empty where there is none.
    var query: Substring {
        let uri = self.head.uri
        guard let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
        return uri[uri.utf8.index(after: mark)...]
    }

    func takeBody() -> ByteBuffer {
        defer { self.body = ByteBuffer() }
        return self.body
    }

    /// Lets go of everything in the head that its answer does not need: a request that waits must not keep a token and
    /// a browser's headers in memory.
    func trimHead() {
        var headers = HTTPHeaders()
        for name in ["connection", "origin", "upgrade"] {
            for value in self.head.headers[name] { headers.add(name: name, value: value) }
        }
        self.head.headers = headers
    }

    /// Answers; anything after the first answer is ignored, and so is an answer to a peer that is gone.
    func answer(_ reply: Reply) {
        guard !self.isAnswered else { return }
        let (reply, charge) = self.charged(reply)
        if let rest = reply.rest {
            let parts = PartedAnswer(self, reply, rest)
            self.activity = parts
            return parts.start(reply)
        }
        self.isAnswered = true
        self.activity = nil
        self.services.metrics.answered(self, reply.status, bytes: reply.body.readableBytes)
        self.log(reply.status)
        self.connection.answer(self, reply, charge)
    }

    /// A reply that came in parts has been taken as a whole.
    func answeredInParts(_ status: HTTPResponseStatus, bytes: Int) {
        self.isAnswered = true
        self.activity = nil
        self.services.metrics.answered(self, status, bytes: bytes)
        self.log(status)
        self.connection.endParts(self)
    }

    /// Smaller ones are counted only if they are still here a second later: see ``HTTPConnection/countUntaken()``.
    private static let largeAnswer = 16 << 10

    /// Large answers need room until their peers have taken them.
    private func charged(_ reply: Reply) -> (Reply, MemoryCharge?) {
        guard reply.rest == nil, reply.body.readableBytes > Self.largeAnswer else { return (reply, nil) }
        if let charge = self.services.memory.hold(reply.body.readableBytes, in: .answers) { return (reply, charge) }
        return (.unavailable("Server is overloaded, try again later"), nil)
    }

    /// One line a request, for who asks for it; faults of the relay's own are always told. Neither query nor headers
    /// are logged: they may hold a token.
    private func log(_ status: HTTPResponseStatus) {
        let level: Logger.Level = status.code >= 500 ? .warning : .debug
        guard level >= self.services.logger.logLevel else { return }
        self.services.logger.log(
            level: level,
            "request",
            metadata: [
                "request_id": "\(self.requestID)",
                "method": "\(self.head.method)",
                "route": "\(self.route)",
                "status": "\(status.code)",
                "milliseconds": "\((NIODeadline.now() - self.started).nanoseconds / 1_000_000)",
            ]
        )
    }

    // MARK: From the connection

    /// The peer is gone.
    func cancelled() {
        self.isAnswered = true
        let activity = self.activity
        self.activity = nil
        activity?.cancelled()
    }

    /// Whether the answer goes on for as long as the peer likes.
    var isEndless: Bool { self.activity?.isEndless ?? false }

    func drained() { self.activity?.drained() }

    func tick(_ now: NIODeadline) { self.activity?.tick(now) }

    func relayStopping() { self.activity?.relayStopping() }
}

/// What goes on behind a request that is not answered at once.
protocol ExchangeActivity: AnyObject {
    /// Whether its answer goes on for as long as the peer likes, so that no time bounds how long the peer may pause.
    var isEndless: Bool { get }
    /// The peer is gone, nothing can be answered any more.
    func cancelled()
    /// The socket takes bytes again.
    func drained()
    func tick(_ now: NIODeadline)
    /// Answer with what there is: the relay is stopping.
    func relayStopping()
}
