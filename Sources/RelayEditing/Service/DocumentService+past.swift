import NIOCore
public import RelayCore
public import RelayWire

/// What a document was.
extension DocumentService {
    /// One step of a document's life.
    public struct PastUpdate: Hashable, Sendable {
        public let id: MessageID
        public let timestamp: Timestamp
        /// The name of the user that it came from; nil for the relay's own, and for snapshots.
        public let author: String?
        public let bytes: Int
        /// Whether it is what all before it have added up to.
        public let isSnapshot: Bool
    }

    /// Why there is no such past.
    public enum PastRefusal: Error, Hashable, Sendable {
        case broker(BrokerError)
        /// It is older than what is kept.
        case gone
        /// There is no memory for it.
        case noMemory
    }

    private static let page = SliceLimits(maxMessages: 1_000, maxBytes: 1 << 20)

    /// The document as it was right after the message with that id, or after the last one before it.
    ///
    /// Reads the stream from the beginning of what is kept: it costs as much as that is long.
    ///
    /// - Throws: `gone`, `noMemory`, or what the broker refuses `principal`.
    public func content(
        of name: DocumentName,
        asOf id: MessageID,
        as principal: Principal
    ) async throws(PastRefusal) -> PastDocument {
        let key = TopicKey(name: name.topicName)
        var document = PastDocument()
        var position = MessageID.zero
        var isFirst = true
        do throws(BrokerError) {
            try await self.find(key, as: principal)
        } catch {
            throw .broker(error)
        }
        while true {
            let page = try await self.pastPage(of: key, after: position)
            if isFirst, let first = page.messages.first, first.isSnapshot || page.bounds.trimmedThrough > .zero,
                first.id > id
            {
                throw .gone
            }
            isFirst = false
            let past = page.messages.prefix { $0.id <= id }
            guard document.take(past, self.memory) else { throw .noMemory }
            guard page.hasMore, past.count == page.messages.count, let last = past.last else { return document }
            position = last.id
        }
    }

    private func pastPage(of key: TopicKey, after id: MessageID) async throws(PastRefusal) -> StoredPage {
        do throws(BrokerError) {
            return try await self.broker.past(of: key, after: id, through: nil, limits: Self.page)
        } catch {
            throw .broker(error)
        }
    }

    /// A page of the document's past, the oldest first, as far as it is kept.
    public func past(
        of name: DocumentName,
        after id: MessageID,
        limit: Int,
        as principal: Principal
    ) async throws(BrokerError) -> (updates: [PastUpdate], hasMore: Bool) {
        let key = TopicKey(name: name.topicName)
        try await self.find(key, as: principal)
        let limits = SliceLimits(maxMessages: limit, maxBytes: Self.page.maxBytes)
        let page = try await self.broker.past(of: key, after: id, through: nil, limits: limits)
        let updates = page.messages.map {
            PastUpdate(
                id: $0.id,
                timestamp: $0.timestamp,
                author: $0.isSnapshot ? nil : $0.sender,
                bytes: $0.payload.readableBytes,
                isSnapshot: $0.isSnapshot
            )
        }
        return (updates, page.hasMore)
    }

    /// - Throws: `missing`, `denied`, or `store`.
    func find(_ key: TopicKey, as principal: Principal) async throws(BrokerError) {
        let open = try await self.broker.topic(key, for: .look, as: principal)
        guard open.access.record != nil else { throw .missing }
    }
}
