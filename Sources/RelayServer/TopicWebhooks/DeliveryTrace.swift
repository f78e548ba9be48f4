import RelayCore
import RelayTelemetry
import RelayWire

/// The trace that one POST of a webhook belongs to: that of the messages it tells of, or one that begins with it.
struct DeliveryTrace {
    /// Nil where it is not recorded.
    private let span: TraceSpan?
    /// What the receiver is told; nil for nothing.
    private let context: TraceContext?

    /// - Parameters:
    ///   - messages: what it tells of. The first that names a trace decides.
    ///   - tracer: off or nil where nothing is traced, whatever messages say.
    init(of messages: [Message], _ tracer: Tracer?) {
        let sent = tracer?.isOn != true ? nil : messages.lazy.compactMap { Self.context(of: $0) }.first
        self.span = tracer?.begin("webhook", .client, under: sent)
        self.context = self.span?.context ?? sent
    }

    private static func context(of message: Message) -> TraceContext? {
        guard let metadata = message.metadata, case .some(let text?) = TraceMetadata.traceparent(in: metadata) else {
            return nil
        }
        return TraceContext(traceparent: text)
    }

    /// What the request has that belongs to a trace.
    var headers: [(name: String, value: String)] {
        self.context?.headers.map { (name: $0.name, value: $0.value) } ?? []
    }

    /// The POST is over. Neither its URL nor the receiver's words: they may hold names and secrets.
    func ended(_ answer: WebhookPoster.Answer, of key: TopicKey, events: Int) {
        guard let span = self.span else { return }
        var attributes = [
            Attribute("messaging.system", .text("pulsar_relay")),
            Attribute("messaging.operation.type", .text("process")),
            Attribute("messaging.batch.message_count", .integer(events)),
        ]
        if span.namesTopics { attributes.append(Attribute("messaging.destination.name", .text(key.name.rawValue))) }
        switch answer {
        case .status(let status, _):
            attributes.append(Attribute("http.response.status_code", .integer(status)))
            span.end(attributes, failure: (200..<300).contains(status) ? nil : "status \(status)")
        case .none: span.end(attributes, failure: "no answer")
        case .hindered: span.end(attributes, failure: "not sent")
        }
    }
}
