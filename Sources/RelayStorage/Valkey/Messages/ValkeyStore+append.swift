import NIOCore
public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore: MessageStore {
    public var durability: Durability { self.settings.durability }

    public func append(
        _ batch: AppendBatch,
        completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void
    ) {
        guard batch.drafts.contains(where: { $0.idempotency != nil }) else {
            return self.append(batch, versions: nil) { result in
                completion(result.flatMap { $0.receipt })
            }
        }
        // A mark takes several calls.
        let isBegun = self.begin {
            do throws(StoreError) {
                completion(try await self.appendMarked(batch, creating: nil).receipt)
            } catch {
                completion(.failure(error))
            }
        }
        if !isBegun { completion(.failure(.closed)) }
    }

    /// Appends what creates its topic.
    ///
    /// - Returns: neither `superseded` nor `moved`.
    func append(_ batch: AppendBatch, creating topic: CreationCall) async throws(StoreError) -> AppendAnswer {
        if batch.drafts.contains(where: { $0.idempotency != nil }) {
            return try await self.appendMarked(batch, creating: topic)
        }
        return try await self.append(batch, versions: nil, creating: topic)
    }

    func append(
        _ batch: AppendBatch,
        versions: [Int64]?,
        creating topic: CreationCall?
    ) async throws(StoreError) -> AppendAnswer {
        let result = await withCheckedContinuation { continuation in
            self.append(batch, versions: versions, creating: topic) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Runs the script.
    ///
    /// - Parameters:
    ///   - versions: the version of each draft's claim; nil where no draft has a mark.
    ///   - creation: of the batch's topic; nil where it is there.
    func append(
        _ batch: AppendBatch,
        versions: [Int64]?,
        creating creation: CreationCall? = nil,
        completion: @escaping @Sendable (Result<AppendAnswer, StoreError>) -> Void
    ) {
        let topic = self.layout.stream(batch.topic)
        var call = AppendCall(batch, topic, maxAnnouncedBytes: self.settings.maxAnnouncedBytes)
        for (index, draft) in batch.drafts.enumerated() {
            call.add(draft, replacing: batch.compactionKey(of: index), version: versions?[index] ?? 0)
        }
        self.runDurably(
            creation == nil ? AppendScript.script : CreateAppendScript.script,
            keys: (creation?.keys ?? []) + call.keys,
            (creation?.arguments ?? []) + call.arguments,
            until: self.goal(of: batch)
        ) { [drafts = batch.drafts] result in
            completion(result.flatMap { reply in Result { () throws(StoreError) in try AppendAnswer(reply, drafts) } })
        }
    }

    func position(of key: TopicKey, known: StreamBounds) async throws(StoreError) -> StreamBounds {
        let reply = try await self.run(
            PositionScript.script,
            keys: self.layout.stream(key).all,
            [.init(StreamEpoch.new().text), .init(known.epochText), .init(known.last.description)]
        )
        return try StreamReply.bounds(reply)
    }

    public func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        try StreamReply.bounds(try await self.run(BoundsScript.script, keys: self.layout.stream(topic).all))
    }
}

extension TopicKeys {
    /// In the order that every script of a stream wants.
    var all: [String] { [self.stream, self.state, self.ttl, self.news] }
}

extension StreamBounds {
    /// Empty for none.
    var epochText: String { self.epoch == .none ? "" : self.epoch.text }
}

/// The keys and arguments of one call of ``AppendScript``.
struct AppendCall {
    private(set) var keys: [String]
    private(set) var arguments: [ValkeyArgument]
    private let topic: TopicKeys

    init(_ batch: AppendBatch, _ topic: TopicKeys, maxAnnouncedBytes: Int) {
        self.topic = topic
        self.keys = topic.all
        self.arguments = []
        self.arguments.reserveCapacity(5 + 3 * batch.drafts.count)
        self.arguments.append(.init(StreamEpoch.new().text))
        self.arguments.append(.init(batch.known.epochText))
        self.arguments.append(.init(batch.known.last.description))
        self.arguments.append(.init(max(1, batch.retention.maxMessages)))
        let isAnnounced = batch.byteCount <= maxAnnouncedBytes
        if let life = batch.millisecondsToLive {
            self.arguments.append(.init((isAnnounced ? "1" : "0") + String(life)))
        } else {
            self.arguments.append(isAnnounced ? "1" : "0")
        }
    }

    mutating func add(_ draft: Draft, replacing key: String?, version: Int64) {
        let expiresAt = draft.expiresAt
        let kind =
            (draft.metadata == nil ? 0 : 1) + (expiresAt == nil ? 0 : 2) + (draft.audience == .everyone ? 0 : 4)
            + (draft.idempotency == nil ? 0 : 8) + (draft.sender == nil ? 0 : 16)
            + (key == nil ? 0 : 32) + (draft.format == .binary ? 64 : 0)
        self.arguments.append(.init(kind))
        self.arguments.append(.init(draft.timestamp.microseconds))
        self.arguments.append(.init(draft.payload))
        if let metadata = draft.metadata { self.arguments.append(.init(metadata)) }
        if let expiresAt { self.arguments.append(.init(expiresAt.microseconds)) }
        if let audience = draft.audience.storedText { self.arguments.append(.init(audience)) }
        if let sender = draft.sender { self.arguments.append(.init(sender)) }
        if let key { self.arguments.append(.init(key)) }
        guard let mark = draft.idempotency else { return }
        self.keys.append(self.topic.mark(mark.key, mark.index))
        self.arguments.append(.init(version))
        self.arguments.append(.init(mark.total))
        self.arguments.append(.init(mark.expiresAt.microseconds))
        self.arguments.append(.init(mark.millisecondsToLive(from: draft.timestamp)))
    }
}

extension AppendBatch {
    /// From now on, of a hot stream; nil for others.
    ///
    /// Sweeps have trimmed what is too old before, as a rule, and told of it. Relays' clocks need not agree with the server's.
    fileprivate var millisecondsToLive: Int64? {
        guard self.tier == .hot, let age = self.retention.maxAgeSeconds else { return nil }
        return min(max(0, age), Self.longestLifeSeconds) * 1000 + Self.lifeMarginMilliseconds
    }

    private static let longestLifeSeconds: Int64 = 100 * 365 * 86_400
    private static let lifeMarginMilliseconds: Int64 = 120_000

    /// Of payloads and metadata.
    fileprivate var byteCount: Int {
        self.drafts.reduce(0) { $0 + $1.payload.readableBytes + ($1.metadata?.readableBytes ?? 0) }
    }
}

/// What ``AppendScript`` answered.
enum AppendAnswer {
    case stored(AppendReceipt)
    case superseded
    /// The claim of a draft's mark was taken elsewhere when it had this version. Nothing was stored.
    case moved(draft: Int, version: Int64)
    /// The topic was to be created and was not. Nothing was stored.
    case notCreated(CreationObstacle)

    init(_ reply: ValkeyReply, _ drafts: [Draft]) throws(StoreError) {
        guard let buffer = reply.buffer else { throw .unexpected("to an append") }
        var fields = FieldReader(buffer)
        switch fields.text() {
        case "ok":
            guard let (previous, bounds) = fields.position() else { throw .unexpected("to an append") }
            var stored: [StoredDraft] = []
            stored.reserveCapacity(drafts.count)
            for draft in drafts {
                guard let (id, first) = fields.storedID() else { throw .unexpected("to an append") }
                stored.append(StoredDraft(id: id, timestamp: first ?? draft.timestamp, isRepeat: first != nil))
            }
            self = .stored(AppendReceipt(stored: stored, previous: previous, bounds: bounds))
        case "superseded": self = .superseded
        case "moved":
            guard let draft = fields.count(), let version = fields.count() else { throw .unexpected("to an append") }
            self = .moved(draft: draft, version: Int64(version))
        case let text?:
            guard let obstacle = CreationObstacle(rawValue: text) else { throw .unexpected("to an append") }
            self = .notCreated(obstacle)
        case nil: throw .unexpected("to an append")
        }
    }

    /// For a batch whose topic is there, once its marks are settled.
    var receipt: Result<AppendReceipt, StoreError> {
        switch self {
        case .stored(let receipt): .success(receipt)
        case .superseded: .failure(.superseded)
        case .moved, .notCreated: .failure(.unexpected("to an append"))
        }
    }
}

extension StoreError {
    static let superseded = StoreError(.superseded, "the stream's epoch is another by now")
}
