import Logging
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayTelemetry

/// One request on its way to an answer. Lives on its connection's loop.
final class Exchange {
    private(set) var head: HTTPRequestHead
    private(set) var facts: HeadFacts
    /// Names the request in logs and in its response.
    let requestID: String
    /// Its head as the loop keeps it, where the scanner has read it.
    let known: KnownHead?
    /// The body as far as it has come; taken by the route, so that a request that waits does not keep its bytes.
    private(set) var body: ByteBuffer?
    /// The body's size as it came.
    private(set) var bodySize = 0
    /// What is kept of the body for this request, bytes: on its way, or lent to its route.
    private(set) var heldBytes = 0
    /// The largest body that its route takes, bytes.
    var maxBodyBytes: Int
    let connection: HTTPConnection
    let loop: DeliveryLoop
    /// What answers it.
    let handler: any Route
    /// When its head had come.
    let started = NIODeadline.now()
    /// Who sent it, once its route has let it in.
    var admission: (session: Session, principal: Principal)?
    /// Whether its route has counted it against its client's address.
    var isCounted = false
    /// Whether its body did not come together with its head: what was true of the client then may not be any more.
    var hasWaited = false
    /// The route's template for metrics and logs, never the raw path.
    var route: String
    /// Nil for nearly all.
    let trace: RequestTrace?
    /// Set while something goes on that outlives the request's arrival: a waiting poll, an event stream.
    var activity: (any ExchangeActivity)?
    /// Of the peer, where a task works for its answer.
    var presence: ClientPresence?
    /// Whether there is no one to answer any more: the peer has its answer, or has left.
    private(set) var isAnswered = false
    private let pathLength: Int

    /// - Returns: nil where the head's target is none.
    init?(_ head: HTTPRequestHead, _ known: KnownHead?, connection: HTTPConnection) {
        guard let target = RequestTarget(head.uri), let loop = connection.loop else { return nil }
        let services = connection.services
        let entry = services.routes.entry(head.method, target.path)
        self.handler = entry?.route ?? services.routes.others
        self.route = entry?.path ?? "unmatched"
        self.facts = known?.facts ?? HeadFacts(head.headers)
        self.known = known
        self.head = head
        // Nearly always they are the same, and nothing is copied.
        if target.text != head.uri { self.head.uri = target.text }
        self.pathLength = target.pathLength
        if let tracer = services.tracer, tracer.isOn {
            self.trace = RequestTrace.begin(head, self.facts, since: self.started, tracer)
        } else {
            self.trace = nil
        }
        if let authority = target.authority { self.head.headers.replaceOrAdd(name: "host", value: authority) }
        self.requestID = RequestID.make(sent: self.facts.requestID)
        self.maxBodyBytes = services.maxBodyBytes
        self.connection = connection
        self.loop = loop
    }

    var services: HTTPServices { self.connection.services }

    /// The path without the query, see ``RequestTarget``.
    var path: Substring { Substring(self.head.uri.utf8.prefix(self.pathLength)) }

    /// What follows the first `?`, empty where there is none.
    var query: Substring { Substring(self.head.uri.utf8.dropFirst(self.pathLength + 1)) }

    var keepsConnection: Bool { self.head.keepsConnection(asksForUpgrade: self.facts.asksForUpgrade) }

    /// Takes more of the body.
    ///
    /// - Returns: false where it is too much.
    func received(_ bytes: ByteBuffer) -> Bool {
        self.bodySize += bytes.readableBytes
        guard self.bodySize <= self.maxBodyBytes else {
            self.dropBody()
            return false
        }
        self.heldBytes = self.bodySize
        if self.body == nil { self.body = bytes } else { self.body?.writeImmutableBuffer(bytes) }
        return true
    }

    /// The body, without the byte order mark that some clients put in front of it.
    func takeBody() -> ByteBuffer {
        self.heldBytes = 0
        return self.lendBody()
    }

    /// As ``takeBody()``, for a route that holds the body until it answers: it counts as the request's till then.
    func lendBody() -> ByteBuffer {
        guard var body = self.body else { return ByteBuffer() }
        self.body = nil
        if body.getInteger(at: body.readerIndex, as: UInt8.self) == Self.byteOrderMark[0],
            body.readableBytesView.starts(with: Self.byteOrderMark)
        {
            body.moveReaderIndex(forwardBy: Self.byteOrderMark.count)
        }
        return body
    }

    private func dropBody() {
        self.body = nil
        self.heldBytes = 0
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Whether the body can be read, as far as its head tells; nil if so, else the answer.
    var codingRefusal: Reply? {
        guard let name = self.facts.contentEncoding, ContentCoding(name) == nil else { return nil }
        var reply = Reply(.unsupportedMediaType, detail: "Content-Encoding is none of \(ContentCoding.names)")
        reply.headers.add(name: "accept-encoding", value: ContentCoding.names)
        return reply
    }

    /// Undoes the body's encoding, within the bound that holds for plain bodies too.
    ///
    /// - Returns: the answer where it can't be undone.
    func decodeBody() -> Reply? {
        guard let coding = self.facts.contentEncoding.flatMap(ContentCoding.init), let body = self.body else {
            return nil
        }
        do throws(ContentCoding.Failure) {
            let plain = try coding.decode(body, upTo: self.maxBodyBytes)
            self.body = plain
            self.heldBytes = plain.readableBytes
            return nil
        } catch {
            self.dropBody()
            switch error {
            case .tooLarge: return .payloadTooLarge
            case .malformed: return Reply(.badRequest, detail: "The body is not what Content-Encoding says")
            }
        }
    }

    /// Lets go of everything in the head that its answer does not need. A request that waits must not keep a token and a browser's headers
    /// in memory.
    func trimHead() {
        var headers = HTTPHeaders()
        for name in ["connection", "origin", "upgrade"] {
            for value in self.head.headers[name] { headers.add(name: name, value: value) }
        }
        self.head.headers = headers
        self.facts.forgetTexts()
    }

    /// Answers; anything after the first answer is ignored, and so is an answer to a peer that is gone.
    func answer(_ reply: Reply) {
        guard !self.isAnswered else { return }
        let (reply, charge) = self.charged(self.inForm(reply))
        if let rest = reply.rest {
            let parts = PartedAnswer(self, reply, rest)
            self.activity = parts
            return parts.start(reply)
        }
        self.isAnswered = true
        self.activity = nil
        let now = NIODeadline.now()
        self.note(reply.status, bytes: reply.body.readableBytes, at: now)
        self.connection.answer(self, reply, charge, at: now)
    }

    /// Errors of the session service's paths have its form, whichever part of the relay answers.
    private func inForm(_ reply: Reply) -> Reply {
        guard reply.status.code >= 400, SessionErrorForm.covers(self.path) else { return reply }
        return SessionErrorForm.of(reply, requestID: self.requestID)
    }

    /// A reply that came in parts has been taken as a whole.
    func answeredInParts(_ status: HTTPResponseStatus, bytes: Int) {
        self.isAnswered = true
        self.activity = nil
        self.note(status, bytes: bytes, at: .now())
        self.connection.endParts(self)
    }

    /// Smaller ones are counted only if they are still here a second later: see ``Outstanding``.
    private static let largeAnswer = 16 << 10

    /// Large answers need room until their peers have taken them.
    private func charged(_ reply: Reply) -> (Reply, MemoryCharge?) {
        guard reply.rest == nil, reply.body.readableBytes > Self.largeAnswer else { return (reply, nil) }
        if let charge = self.services.memory.hold(reply.body.readableBytes, in: .answers) { return (reply, charge) }
        return (.overloaded, nil)
    }

    private func note(_ status: HTTPResponseStatus, bytes: Int, at now: NIODeadline) {
        self.services.metrics.answered(
            self.head.method,
            self.route,
            status,
            in: now - self.started,
            received: self.bodySize,
            sent: bytes
        )
        self.trace?.ended(self, status, bytes: bytes)
        self.log(status)
    }

    /// One line a request, for who asks for it; faults of the relay's own are always told. Neither query nor headers
    /// are logged: they may hold a token.
    private func log(_ status: HTTPResponseStatus) {
        let level: Logger.Level = status.code >= 500 ? .warning : .debug
        guard level >= self.services.logger.logLevel else { return }
        let metadata: Logger.Metadata = [
            "method": "\(self.head.method)",
            "route": "\(self.route)",
            "status": "\(status.code)",
            "milliseconds": "\((NIODeadline.now() - self.started).nanoseconds / 1_000_000)",
        ]
        self.services.logger.log(level: level, "request", metadata: metadata.merging(self.names) { _, name in name })
    }

    /// What every log line about it has.
    var names: Logger.Metadata { RequestTrace.names(self.requestID, self.trace) }

    // MARK: From the connection

    /// The peer is gone.
    func cancelled() {
        if !self.isAnswered { self.trace?.abandoned(self) }
        self.isAnswered = true
        self.presence?.leave()
        let activity = self.activity
        self.activity = nil
        activity?.cancelled()
    }

    /// Whether the answer goes on for as long as the peer likes.
    var isEndless: Bool { self.activity?.isEndless ?? false }

    func drained() { self.activity?.drained() }

    /// The peer sends nothing more: it may have left, or wait for its answer.
    func inputClosed() {
        if let activity = self.activity {
            activity.inputClosed()
        } else if self.presence != nil {
            self.activity = PresenceWatch(self)
        }
    }

    /// What its connection is for as long as it lasts.
    var connectionFacts: ConnectionFacts {
        self.activity?.facts ?? ConnectionFacts(.http, user: self.admission?.session.account.id)
    }

    func tick(_ now: NIODeadline) { self.activity?.tick(now) }

    func relayStopping() { self.activity?.relayStopping() }
}

extension Exchange: Suspending {
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.suspend(work, then: body) { self.answer(.overloaded) }
    }

    /// As ``suspend(_:then:)``, where something else than an answer is due if there is no room.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void,
        orElse refuse: () -> Void
    ) {
        let isRunning = self.services.lane.run(work, on: self.loop.eventLoop) { value in
            // For a peer that has left nothing may begin any more: nobody would ever end it.
            if !self.isAnswered { body(value) }
        }
        if !isRunning { refuse() }
    }
}

/// What goes on behind a request that is not answered at once.
protocol ExchangeActivity: AnyObject {
    /// What it makes of its connection meanwhile; nil for nothing that others would call it by.
    var facts: ConnectionFacts? { get }
    /// Whether its answer goes on for as long as the peer likes, so that no time bounds how long the peer may pause.
    var isEndless: Bool { get }
    /// The peer is gone, nothing can be answered any more.
    func cancelled()
    /// The socket takes bytes again.
    func drained()
    /// The peer sends nothing more: it may have left, or wait for its answer.
    func inputClosed()
    func tick(_ now: NIODeadline)
    /// Answer with what there is: the relay is stopping.
    func relayStopping()
}

extension ExchangeActivity {
    var facts: ConnectionFacts? { nil }
}
