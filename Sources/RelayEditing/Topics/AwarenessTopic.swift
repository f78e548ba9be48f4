import NIOCore
public import RelayCore
public import RelayDocuments
public import RelayWire

/// Who is present in a document: the newest entry of each client, in memory only. A part of the document's topic.
///
/// A message is an awareness update of y-protocols with one entry. Who may read the document may say that it is there.
public struct AwarenessTopic: TopicBehavior {
    /// Clients renew their entries every 15 s, and are taken for gone after 30.
    static let seconds: Int64 = 60
    private static let maxEntries = 10_000

    private let settings: DocumentSettings
    private let document: DocumentTopic

    public init(settings: DocumentSettings = DocumentSettings()) {
        self.settings = settings
        self.document = DocumentTopic(settings: settings)
    }

    public let kind = "document_awareness"

    public func name(fromPath path: String) -> TopicName? {
        guard DocumentName.isAwareness(path), let name = DocumentName(path: path) else { return nil }
        return name.awarenessTopicName
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
        let update: AwarenessUpdate
        do throws(DocumentError) {
            update = try AwarenessUpdate(Array(draft.payload.readableBytesView))
        } catch {
            throw Refusal("This is no awareness update: \(error)")
        }
        guard update.entries.count == 1, let entry = update.entries.first else {
            throw Refusal("One message has one client's entry")
        }
        guard entry.state?.count ?? 0 <= self.settings.awareness.maxStateBytes else {
            throw Refusal("too_large: a state has at most \(self.settings.awareness.maxStateBytes) bytes")
        }
        var draft = draft
        draft.ttl = Self.seconds
        draft.sender = principal.isRelay ? nil : principal.username
        return draft
    }

    public func retention(configured: Retention) -> Retention {
        Retention(maxMessages: min(configured.maxMessages, Self.maxEntries), maxAgeSeconds: Self.seconds)
    }

    public var compaction: StreamCompaction? {
        StreamCompaction { _, _, payload in Self.client(of: payload).map { String($0) } }
    }

    /// Whose the one entry is.
    static func client(of payload: ByteBuffer) -> UInt64? {
        AwarenessUpdate.firstClient(in: payload.readableBytesView.prefix(10))
    }

}

extension Draft {
    /// A client's entry as a message of an awareness topic.
    ///
    /// - Parameter publisher: whose it is counted as while it waits; nil for what the relay says.
    public init(_ entry: AwarenessEntry, at now: Timestamp, publisher: UserLoad? = nil) {
        self.init(
            timestamp: now,
            payload: ByteBuffer(bytes: AwarenessUpdate([entry]).encoded()),
            format: .binary,
            ttl: AwarenessTopic.seconds,
            publisher: publisher
        )
    }
}
