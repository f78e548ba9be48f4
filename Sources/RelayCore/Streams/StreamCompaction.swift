public import NIOCore
public import RelayWire

/// Which messages of a stream take the place of earlier ones, so that of each key the newest message alone is kept.
///
/// What was replaced is gone as a message is whose `ttl` ran out: it is no gap. A reader that lags gets the newest only. A message with a key
/// and a `ttl` leaves nothing of its key in the end.
public struct StreamCompaction: Sendable {
    private let key: @Sendable (_ sender: String?, _ audience: Audience, _ payload: ByteBuffer) -> String?

    /// - Parameter key: of a message by this peer; nil for one that replaces none, and is never replaced. Called on event loops for every
    ///   message: it must be quick.
    public init(
        key: @escaping @Sendable (_ sender: String?, _ audience: Audience, _ payload: ByteBuffer) -> String?
    ) {
        self.key = key
    }

    func keys(of drafts: [Draft]) -> [String?] { drafts.map(self.key(of:)) }

    private func key(of draft: Draft) -> String? { self.key(draft.sender, draft.audience, draft.payload) }

    func key(of message: Message) -> String? { self.key(message.sender, message.audience, message.payload) }
}

/// Where in a compacted stream the newest message of each key lies.
public struct LatestMessages: Sendable {
    private var ids: [ExactText: MessageID] = [:]

    public init() {}

    /// Notes a message at the stream's end.
    ///
    /// - Parameter kept: how many messages the stream holds now. Keys of messages that are gone are forgotten from time to time.
    /// - Returns: the message that it replaces; nil where there is none.
    public mutating func note(_ key: String, _ id: MessageID, kept: Int, from oldest: MessageID?) -> MessageID? {
        if self.ids.count > 16, self.ids.count > 2 * kept { self.ids = self.ids.filter { $1 >= oldest ?? .zero } }
        return self.ids.updateValue(id, forKey: ExactText(key))
    }
}
