public import NIOCore

/// What makes one kind of topic special. The broker knows kinds only through this protocol.
///
/// A behaviour is a value without state of its own: everything that it decides from is handed in. All calls may come
/// from any thread, never under a lock. Some are made for every message on an event loop, so they must be quick, and must not call
/// back into the broker.
public protocol TopicBehavior: Sendable {
    /// The kind's stable name. Stored with every topic of the kind.
    var kind: String { get }

    /// The topic name that `path` stands for, nil where it is not of this kind. Kinds must not overlap.
    func name(fromPath path: String) -> TopicName?

    /// The topic of which one of that name is a part. A part has no record of its own: it exists while its root does, and its access is its
    /// root's. So a root comes and goes with all its parts in one step. Nil for a topic with a record.
    func root(of name: TopicName) -> TopicName?

    /// The topic of this kind that is a part of every topic of that name, whatever state its root has; nil where there is none. What it holds
    /// goes with its root.
    func part(ofEvery root: TopicName) -> TopicName?

    /// Whether a root has a part of that name, which may come later than its root. What it has not is missing for everybody.
    ///
    /// - Parameter access: the root's, which exists.
    func hasPart(_ name: TopicName, in access: TopicAccess) -> Bool

    /// Whether all users mean the same topic by a name, also where the relay's names are per owner.
    var hasGlobalNames: Bool { get }

    /// Whether its readers are peers, who count as being there while they read: see ``PeerPresence``. Without it none is known as one.
    var hasPeers: Bool { get }

    /// Where the kind's messages lie.
    var tier: StreamTier { get }

    /// Whether its topics take messages whose payload has this format. A draft of a format that they don't take is refused. Each message
    /// keeps the format that it came with.
    func takes(_ format: PayloadFormat) -> Bool

    /// Whether its topics may let in people without a token: see ``TopicRecord/anonymous``.
    var admitsAnonymous: Bool { get }

    /// Whether its topics have named readers: see ``NamedReader``. Their places go with a topic that is deleted by
    /// ``TopicStore/deleteTopic(_:)``; those of one that ends by a transition stay until they have been idle for long.
    var admitsNamedReaders: Bool { get }

    /// Reads what the kind keeps with a root. Called once for each change; parts are handed what their root's kind made of it.
    ///
    /// - Returns: nil where it can't be read: the kind then has to decide without.
    func decode(_ state: ByteBuffer) -> (any KindState)?

    /// Whether `principal` may do `action`. Global permissions (`read`, `write`) have been checked before.
    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision

    /// Checks a draft whose publisher may publish, and completes it: addresses it, says who sent it, or sets a `ttl` of the kind's own.
    func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft

    /// Whether what its topics take depends on what their streams hold, which a ``PublishGate`` knows.
    var isGated: Bool { get }

    /// How long the kind's messages are kept, given what the relay is configured to. A kind whose names are no paths only decides on the
    /// number: its messages' age is the relay's.
    func retention(configured: Retention) -> Retention

    /// Of which messages only the newest are kept; nil where each counts. Of kinds whose ``tier`` is hot.
    var compaction: StreamCompaction? { get }

    /// How long messages that come close together may wait for each other, so that their readers are handed them together; nil where none waits.
    /// For kinds whose edges make one message of several: see ``Gathering``.
    var gathering: GatheringTime? { get }

    /// Whether ``isVisible(_:to:)`` must be asked for each message. False lets all readers of a topic share their bytes.
    var hidesMessages: Bool { get }

    /// Whether a reader who may read the topic may see this message of it.
    func isVisible(_ message: Message, to principal: Principal) -> Bool

    /// Whether readers that follow the topic are handed messages whose `ttl` is over, as long as these are kept. For messages that have to be
    /// heard by relays whose clocks are wrong: a `ttl` then only says how long they are kept for who comes later.
    var handsOutExpired: Bool { get }
}

/// Why a behaviour turned a draft down. The text is for the publisher.
public struct Refusal: Error, Hashable, Sendable {
    public let detail: String
    /// Whether it is for what the topic's state does not have. Another relay may just have changed that: then it is decided anew from the
    /// state as it is stored.
    public let isByState: Bool

    public init(_ detail: String, isByState: Bool = false) {
        self.detail = detail
        self.isByState = isByState
    }
}

/// What a kind need not say for itself.
extension TopicBehavior {
    public func root(of name: TopicName) -> TopicName? { nil }

    public func part(ofEvery root: TopicName) -> TopicName? { nil }

    public func hasPart(_ name: TopicName, in access: TopicAccess) -> Bool { true }

    public var hasGlobalNames: Bool { false }

    public var hasPeers: Bool { false }

    public var tier: StreamTier { .kept }

    public func takes(_ format: PayloadFormat) -> Bool { format == .json }

    public var admitsAnonymous: Bool { false }

    public var admitsNamedReaders: Bool { false }

    public func decode(_ state: ByteBuffer) -> (any KindState)? { nil }

    public func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        draft
    }

    public var isGated: Bool { false }

    public func retention(configured: Retention) -> Retention { configured }

    public var compaction: StreamCompaction? { nil }

    public var gathering: GatheringTime? { nil }

    public var hidesMessages: Bool { false }

    public func isVisible(_ message: Message, to principal: Principal) -> Bool { true }

    public var handsOutExpired: Bool { false }
}

extension TopicBehavior {
    /// Checks a draft of any format, and completes it: ``admit(_:from:access:)`` for one that the kind takes.
    func admitted(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        guard self.takes(draft.format) else { throw .untaken(draft.format) }
        return try self.admit(draft, from: principal, access: access)
    }
}

extension Refusal {
    /// - Parameter format: of the draft. The topic takes only the other one.
    fileprivate static func untaken(_ format: PayloadFormat) -> Refusal {
        switch format {
        case .binary: Refusal("This topic takes JSON objects")
        case .json:
            Refusal("This topic takes binary payloads: in JSON, a base64 string beside \"encoding\": \"base64\"")
        }
    }

    /// Why a kind whose topics are for people with a token takes no other word on that.
    static let needsToken = Refusal("This kind of topic is for people with a token: 'anonymous' can only be 'none'")
}
