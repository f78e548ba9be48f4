/// What a span is to the trace that it is in.
public enum SpanKind: Hashable, Sendable {
    /// Something that the relay does for itself.
    case inner
    /// A request that somebody else has made.
    case server
    /// A request that the relay makes.
    case client
    /// A message that is handed to readers, who go on later.
    case producer
}

/// A span that has ended, and waits to be exported.
struct FinishedSpan: Sendable {
    let context: TraceContext
    /// Nil for the first of a trace.
    let parent: SpanID?
    /// Whether the parent is another program's.
    let isParentRemote: Bool
    let name: String
    let kind: SpanKind
    /// Nanoseconds since 1970.
    let start: UInt64
    /// The same; never before ``start``.
    let end: UInt64
    let attributes: [Attribute]
    /// What went wrong; nil where nothing did.
    let failure: String?
}

extension FinishedSpan: QueuedItem {
    var cost: Int {
        let texts = self.name.utf8.count + (self.failure?.utf8.count ?? 0) + (self.context.state?.text.utf8.count ?? 0)
        return self.attributes.reduce(256 + texts) { $0 + $1.cost }
    }
}
