import NIOCore
public import RelayCore
public import RelayDocuments
public import RelayWire

/// Who is present in a document: the newest entry of each client, in memory only. A part of the document's topic.
///
/// A message is an awareness update of y-protocols with one entry. Only the relay publishes here, for who is in the document.
struct AwarenessTopic: DocumentFamilyTopic {
    /// Twice the time after which an entry that was not renewed is removed: who loads the document late finds all who are there.
    static let seconds: Int64 = 60
    private static let maxEntries = 10_000

    private let settings: DocumentSettings
    let family: DocumentFamily

    init(settings: DocumentSettings = DocumentSettings(), in home: any DocumentHome = OwnDocuments()) {
        self.settings = settings
        self.family = DocumentFamily(.awareness, in: home)
    }

    var tier: StreamTier { .hot }

    /// Of each client only the newest entry is told.
    var gathering: GatheringTime? { .moment }

    func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
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
        return draft.sent(by: principal, for: Self.seconds)
    }

    func retention(configured: Retention) -> Retention {
        Retention(maxMessages: min(configured.maxMessages, Self.maxEntries), maxAgeSeconds: Self.seconds)
    }

    var compaction: StreamCompaction? {
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
    /// - Parameters:
    ///   - sender: the user who says it; nil for the relay.
    ///   - publisher: whose it is counted as while it waits; nil for what the relay says.
    public init(_ entry: AwarenessEntry, at now: Timestamp, from sender: String? = nil, publisher: UserLoad? = nil) {
        self.init(
            timestamp: now,
            payload: ByteBuffer(bytes: AwarenessUpdate([entry]).encoded()),
            format: .binary,
            ttl: AwarenessTopic.seconds,
            publisher: publisher
        )
        self.sender = sender
    }
}
