import NIOCore
public import RelayCore
public import RelayDocuments
public import RelayWire

/// What applications in a document tell each other beside it, in memory only and for a moment. A part of the document's topic.
///
/// A message is a ``StatelessMessage``. Who may read the document may tell the others something.
public struct StatelessTopic: TopicBehavior {
    /// Nobody reads what was said before it came: this is for a reader that is late.
    static let seconds: Int64 = 60
    private static let maxMessages = 1_000
    /// Of one message.
    private static let maxBytes = 1 << 20

    private let document: DocumentTopic

    public init(settings: DocumentSettings = DocumentSettings()) {
        self.document = DocumentTopic(settings: settings)
    }

    public let kind = "document_stateless"

    public func name(fromPath path: String) -> TopicName? {
        guard DocumentName.isStateless(path), let name = DocumentName(path: path) else { return nil }
        return name.statelessTopicName
    }

    public func root(of name: TopicName) -> TopicName? { DocumentName(path: name.rawValue)?.topicName }

    public var hasGlobalNames: Bool { true }

    public var tier: StreamTier { .hot }

    public var payloadFormat: PayloadFormat { .binary }

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        switch action {
        case .read, .inspect: self.document.decide(action, by: principal, on: access)
        case .publish: self.document.decide(.read, by: principal, on: access)
        case .create: .missing
        case .manage: .denied
        }
    }

    public func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        guard draft.payload.readableBytes <= Self.maxBytes else {
            throw Refusal("too_large: a message has at most \(Self.maxBytes) bytes")
        }
        do throws(DocumentError) {
            _ = try StatelessMessage(Array(draft.payload.readableBytesView).span)
        } catch {
            throw Refusal("This is no stateless message: \(error)")
        }
        var draft = draft
        draft.ttl = Self.seconds
        draft.sender = principal.isRelay ? nil : principal.username
        return draft
    }

    public func retention(configured: Retention) -> Retention {
        Retention(maxMessages: min(configured.maxMessages, Self.maxMessages), maxAgeSeconds: Self.seconds)
    }
}

extension Draft {
    /// What an application says, as a message of the document's topic for that.
    ///
    /// - Parameter publisher: whose it is counted as while it waits.
    public init(_ message: StatelessMessage, at now: Timestamp, publisher: UserLoad? = nil) {
        self.init(
            timestamp: now,
            payload: ByteBuffer(bytes: message.encoded()),
            format: .binary,
            ttl: StatelessTopic.seconds,
            publisher: publisher
        )
    }
}
