import NIOCore
public import RelayCore
public import RelayDocuments
public import RelayWire

/// What applications in a document tell each other beside it, in memory only and for a moment. A part of the document's topic.
///
/// A message is a ``StatelessMessage``. Only the relay publishes here, for who is in the document.
struct StatelessTopic: DocumentFamilyTopic {
    /// Nobody reads what was said before it came: this is for a reader that is late.
    static let seconds: Int64 = 60
    private static let maxMessages = 1_000
    /// Of one message.
    private static let maxBytes = 1 << 20

    let family: DocumentFamily

    init(in home: any DocumentHome = OwnDocuments()) {
        self.family = DocumentFamily(.stateless, in: home)
    }

    var tier: StreamTier { .hot }

    func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        guard draft.payload.readableBytes <= Self.maxBytes else {
            throw Refusal("too_large: a message has at most \(Self.maxBytes) bytes")
        }
        do throws(DocumentError) {
            _ = try StatelessMessage(Array(draft.payload.readableBytesView).span)
        } catch {
            throw Refusal("This is no stateless message: \(error)")
        }
        return draft.sent(by: principal, for: Self.seconds)
    }

    func retention(configured: Retention) -> Retention {
        Retention(maxMessages: min(configured.maxMessages, Self.maxMessages), maxAgeSeconds: Self.seconds)
    }
}

extension Draft {
    /// What an application says, as a message of the document's topic for that.
    ///
    /// - Parameters:
    ///   - sender: the user who says it; nil for the relay.
    ///   - publisher: whose it is counted as while it waits; nil for what the relay says.
    public init(_ message: StatelessMessage, at now: Timestamp, from sender: String? = nil, publisher: UserLoad? = nil)
    {
        self.init(
            timestamp: now,
            payload: ByteBuffer(bytes: message.encoded()),
            format: .binary,
            ttl: StatelessTopic.seconds,
            publisher: publisher
        )
        self.sender = sender
    }
}
