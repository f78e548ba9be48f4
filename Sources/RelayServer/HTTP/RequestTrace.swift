import Logging
import NIOCore
import NIOHTTP1
import RelayTelemetry

/// The trace that a request belongs to. Most have none, and cost nothing.
final class RequestTrace: Sendable {
    /// What the request came with; nil where it begins a trace.
    private let sent: TraceContext?
    /// Nil where it came with a trace that nobody records.
    let span: TraceSpan?

    private init(sent: TraceContext?, span: TraceSpan?) {
        self.sent = sent
        self.span = span
    }

    /// - Parameter start: when the request's head had come.
    /// - Returns: nil where the request came with no trace, and begins none.
    static func begin(_ head: HTTPRequestHead, _ facts: HeadFacts, since start: NIODeadline, _ tracer: Tracer)
        -> RequestTrace?
    {
        let sent = facts.hasTraceparent ? Self.context(of: head.headers) : nil
        let span = tracer.begin(head.method.rawValue, under: sent, since: start)
        return sent == nil && span == nil ? nil : RequestTrace(sent: sent, span: span)
    }

    /// Several `traceparent` are none.
    private static func context(of headers: HTTPHeaders) -> TraceContext? {
        let fields = headers["traceparent"]
        guard fields.count == 1 else { return nil }
        return TraceContext(traceparent: fields[0], state: TraceState(headers["tracestate"]))
    }

    /// Where whatever follows from the request belongs.
    var context: TraceContext? { self.span?.context ?? self.sent }

    /// What log lines about a request have.
    static func names(_ requestID: String, _ trace: RequestTrace?) -> Logger.Metadata {
        var names: Logger.Metadata = ["request_id": "\(requestID)"]
        guard let context = trace?.context else { return names }
        (names[LogField.trace], names[LogField.span]) = ("\(context.traceID)", "\(context.spanID)")
        return names
    }

    /// The request is answered.
    func ended(_ exchange: Exchange, _ status: HTTPResponseStatus, bytes: Int) {
        guard let span = self.span else { return }
        let code = Int(status.code)
        span.end(
            as: "\(Self.method(exchange)) \(exchange.route)",
            Self.attributes(of: exchange) + [
                Attribute("http.response.status_code", .integer(code)),
                Attribute("http.request.body.size", .integer(exchange.bodySize)),
                Attribute("http.response.body.size", .integer(bytes)),
            ],
            failure: code >= 500 ? "status \(code)" : nil
        )
    }

    /// Nobody waits for an answer any more.
    func abandoned(_ exchange: Exchange) {
        self.span?.end(
            as: "\(Self.method(exchange)) \(exchange.route)",
            Self.attributes(of: exchange) + [Attribute("error.type", .text("cancelled"))]
        )
    }

    /// The connection goes on as a WebSocket.
    ///
    /// - Returns: what is to be ended with it; nil where it is not recorded.
    func switched(_ exchange: Exchange) -> TraceSpan? {
        guard let span = self.span else { return nil }
        let life = span.child("websocket \(exchange.route)")
        self.ended(exchange, .switchingProtocols, bytes: 0)
        return life
    }

    /// Neither path nor query nor headers: they may hold names and tokens.
    private static func attributes(of exchange: Exchange) -> [Attribute] {
        [
            Attribute("http.request.method", .text(Self.method(exchange))),
            Attribute("http.route", .text(exchange.route)),
            Attribute("pulsar.request_id", .text(exchange.requestID)),
        ]
    }

    /// Clients may send any word as a method.
    private static func method(_ exchange: Exchange) -> String {
        switch exchange.head.method {
        case .GET, .POST, .PUT, .PATCH, .DELETE, .HEAD, .OPTIONS: exchange.head.method.rawValue
        default: "_OTHER"
        }
    }
}

extension TraceContext {
    /// What a request has that belongs to it.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["traceparent": self.traceparent]
        if let state = self.state { headers.add(name: "tracestate", value: state.text) }
        return headers
    }
}
