import NIOCore
import RelayCore
import RelayWire

/// A page of history while it is sent: the next messages are read from the store when the client has taken those before.
struct HistoryAnswer: ReplyRest {
    /// What is read at once, as ``Message/memoryCost`` counts. A single message may be larger.
    private static let stretchBytes = 128 << 10
    /// A page ends early once its messages cost so much.
    private static let maxBytes = 8 << 20

    private let broker: Broker
    private let key: TopicKey
    private let order: Broker.Order
    private let caller: Principal
    private let epoch: UInt64
    /// The last message read.
    private var last: MessageID
    private var remaining: Int
    private var remainingBytes: Int
    private var response: HistoryResponse

    /// Reads the page's first messages, and all of them where they are few.
    ///
    /// - Throws: what the broker refuses.
    static func begin(
        _ query: HistoryQuery,
        of key: TopicKey,
        as caller: Principal,
        _ broker: Broker
    ) async throws(BrokerError) -> (part: ByteBuffer, rest: (any ReplyRest)?) {
        let page = try await broker.history(
            of: key,
            query.order,
            cursor: query.cursor.map { Cursor(clientText: $0) } ?? .oldest,
            limit: query.limit,
            maxBytes: Self.stretchBytes,
            as: caller
        )
        var answer = HistoryAnswer(
            broker: broker,
            key: key,
            order: query.order,
            caller: caller,
            epoch: page.epoch,
            last: page.last ?? .zero,
            remaining: query.limit,
            remainingBytes: Self.maxBytes,
            response: HistoryResponse(
                limit: query.limit,
                order: query.orderName,
                cursor: query.cursor,
                epoch: StreamEpoch.told(page.epoch),
                gap: page.gap.map { GapFields($0, of: key.name) }
            )
        )
        return answer.write(page)
    }

    func next() async throws -> (part: ByteBuffer, rest: (any ReplyRest)?) {
        var answer = self
        let page = try await self.broker.history(
            of: self.key,
            self.order,
            cursor: .after(self.last),
            limit: self.remaining,
            maxBytes: min(self.remainingBytes, Self.stretchBytes),
            as: self.caller
        )
        // What was lost meanwhile, or belongs to another history, is told with the page that begins behind it.
        guard page.gap == nil, page.epoch == self.epoch else { return answer.end() }
        return answer.write(page)
    }

    private mutating func write(_ page: Broker.HistoryPage) -> (part: ByteBuffer, rest: (any ReplyRest)?) {
        self.remaining -= page.messages.count
        self.remainingBytes -= page.messages.reduce(0) { $0 + $1.answerCost }
        var part = ByteBuffer()
        self.response.write(page.messages.map { $0.fields(of: self.key.name) }, into: &part)
        guard page.isCut, let last = page.last, self.remaining > 0, self.remainingBytes > 0 else {
            self.response.writeEnd(into: &part)
            return (part, nil)
        }
        self.last = last
        return (part, self)
    }

    private func end() -> (part: ByteBuffer, rest: (any ReplyRest)?) {
        var part = ByteBuffer()
        self.response.writeEnd(into: &part)
        return (part, nil)
    }
}
