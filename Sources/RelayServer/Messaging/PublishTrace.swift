import NIOCore
import RelayCore
import RelayTelemetry
import RelayWire

/// The trace that a publish belongs to, and how its readers are told of it.
///
/// They find it as `traceparent` in the message's metadata. That goes with the message to every store, node and transport, and nothing else
/// of the message changes. A publisher that has put one there says so itself: it stays as it is, and the publish belongs to that trace.
final class PublishTrace: Sendable {
    /// Ends when the publisher is answered; nil where it is not recorded.
    let span: TraceSpan?
    /// What readers are told.
    private let context: TraceContext

    /// - Parameters:
    ///   - request: the trace of the request that brought it; nil for none.
    ///   - metadata: as the publisher has sent it.
    ///   - tracer: begins spans for publishes whose metadata names a trace; off or nil where nothing is traced.
    /// - Returns: nil for the publishes that belong to no trace: nearly all.
    init?(_ request: RequestTrace?, metadata: ByteBuffer?, _ tracer: Tracer?) {
        guard let tracer, tracer.isOn else { return nil }
        if let request, let context = request.context {
            self.span = request.span?.child(Self.name, .producer)
            self.context = self.span?.context ?? context
            return
        }
        guard let metadata, case .some(let text?) = TraceMetadata.traceparent(in: metadata),
            let context = TraceContext(traceparent: text)
        else { return nil }
        self.span = tracer.begin(Self.name, .producer, under: context)
        self.context = context
    }

    private static let name = "publish"

    /// - Returns: what readers get in the place of `metadata`.
    func carried(in metadata: ByteBuffer?) -> ByteBuffer? {
        guard let metadata else { return TraceMetadata.adding(self.context.traceparent, to: nil) }
        // Whatever the publisher calls by that name stays.
        guard TraceMetadata.traceparent(in: metadata) == nil else { return metadata }
        return TraceMetadata.adding(self.context.traceparent, to: metadata)
    }

    /// The store's part begins.
    func storing() -> TraceSpan? { self.span?.child("append", .client) }

    /// One message.
    func ended(in key: TopicKey, _ result: Result<Publication, BrokerError>) {
        switch result {
        case .success(let stored): self.ended(in: key, 1, stored.id, error: nil)
        case .failure(let error): self.ended(in: key, 1, nil, error: error)
        }
    }

    /// Messages that were decided on together.
    func ended(_ count: Int, _ result: Result<[Broker.Outcome], BrokerError>) {
        switch result {
        case .success(let outcomes): self.ended(in: nil, count, nil, error: outcomes.lazy.compactMap(\.error).first)
        case .failure(let error): self.ended(in: nil, count, nil, error: error)
        }
    }

    private func ended(in key: TopicKey?, _ count: Int, _ id: MessageID?, error: BrokerError?) {
        guard let span = self.span else { return }
        var attributes = [
            Attribute("messaging.system", .text("pulsar_relay")), Attribute("messaging.operation.type", .text("send")),
        ]
        if count != 1 { attributes.append(Attribute("messaging.batch.message_count", .integer(count))) }
        if let id { attributes.append(Attribute("messaging.message.id", .text("\(id)"))) }
        if let key, span.namesTopics {
            attributes.append(Attribute("messaging.destination.name", .text(key.name.rawValue)))
        }
        span.end(attributes, failure: error?.clientText)
    }
}
