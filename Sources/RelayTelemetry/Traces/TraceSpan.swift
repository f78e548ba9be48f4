public import NIOCore
import RelayCore
import RelayWire

/// Something that is going on, and is recorded: there is none for what is not.
///
/// Immutable, so that it can be handed from loop to loop. What is learned on the way is said when it ends.
public final class TraceSpan: Sendable {
    /// Where it is in its trace: what those that follow from it are told.
    public let context: TraceContext
    /// Of every span that ends here; see ``Tracer/begin(_:kind:under:since:)``.
    private let parent: SpanID?
    private let isParentRemote: Bool
    private let name: String
    private let kind: SpanKind
    /// On the clock of time that passes: the other may be set meanwhile.
    private let start: NIODeadline
    private let tracer: Tracer

    init(
        _ context: TraceContext,
        parent: SpanID?,
        isParentRemote: Bool,
        _ name: String,
        _ kind: SpanKind,
        _ start: NIODeadline,
        _ tracer: Tracer
    ) {
        self.context = context
        self.parent = parent
        self.isParentRemote = isParentRemote
        self.name = name
        self.kind = kind
        self.start = start
        self.tracer = tracer
    }

    /// Something that goes on within this.
    ///
    /// - Parameters:
    ///   - name: what it is; few different ones.
    ///   - kind: what it is to the trace.
    ///   - start: when it began; nil for now.
    /// - Returns: what is to be ended once it is over.
    public func child(_ name: String, _ kind: SpanKind = .inner, since start: NIODeadline? = nil) -> TraceSpan {
        self.tracer.child(of: self.context, isRemote: false, name, kind, start)
    }

    /// It is over. To be called once.
    ///
    /// - Parameters:
    ///   - name: what it is, where more is known by now than when it began.
    ///   - attributes: what is known of it.
    ///   - failure: what went wrong; nil where nothing did.
    public func end(as name: String? = nil, _ attributes: [Attribute] = [], failure: String? = nil) {
        let (start, end) = self.tracer.moments(since: self.start)
        self.tracer.take(
            FinishedSpan(
                context: self.context,
                parent: self.parent,
                isParentRemote: self.isParentRemote,
                name: name ?? self.name,
                kind: self.kind,
                start: start,
                end: end,
                attributes: attributes,
                failure: failure?.cut(to: Attribute.maxTextBytes)
            )
        )
    }

    /// Whether spans may say which topic and which session they are about.
    public var namesTopics: Bool { self.tracer.namesTopics }
}
