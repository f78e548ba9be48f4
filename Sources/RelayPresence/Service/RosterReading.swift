import RelayCore
import RelayWire

/// A presence stream that is read from its beginning to its end, page by page. Of each connection its newest word is read, though words are
/// replaced meanwhile: the later one lies further on, and the last page ends where the stream did by then.
struct RosterReading {
    enum Step {
        /// Ask for the next page.
        case goOn
        /// All words, in order, and the stream's bounds up to which they hold.
        case done([PresenceWord], StreamBounds)
        /// The stream became another one meanwhile: begin anew.
        case anotherHistory
    }

    private static let limits = SliceLimits(maxMessages: 1_000, maxBytes: 1 << 20)

    private let part: TopicKey
    private var words: [PresenceWord] = []
    /// What holding them costs, bytes.
    private(set) var cost = 0
    private var last = MessageID.zero
    private var epoch: UInt64?

    init(_ part: TopicKey) {
        self.part = part
    }

    func request(at now: Timestamp) -> ReadRequest {
        ReadRequest(
            topic: self.part,
            range: .forward(after: self.last),
            maxMessages: Self.limits.maxMessages,
            maxBytes: Self.limits.maxBytes,
            now: now
        )
    }

    mutating func take(_ page: StoredPage) -> Step {
        guard page.bounds.epoch.id == self.epoch ?? page.bounds.epoch.id else { return .anotherHistory }
        self.epoch = page.bounds.epoch.id
        let words = page.messages.compactMap(PresenceWord.init)
        self.words += words
        self.cost += words.reduce(0) { $0 + $1.cost }
        let before = self.last
        self.last = max(self.last, page.messages.last?.id ?? .zero, page.lostThrough ?? .zero)
        // A page that brings nothing is the last, whatever it says.
        guard page.hasMore || page.lostThrough != nil, self.last > before else { return .done(self.words, page.bounds) }
        return .goOn
    }
}

extension Cursor {
    /// - Parameter epoch: its id; that of a stream without messages is none.
    init(epoch: UInt64, at id: MessageID) {
        self = epoch == StreamEpoch.none.id ? .after(id) : .inEpoch(epoch, after: id)
    }
}
