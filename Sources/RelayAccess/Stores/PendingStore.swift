public import RelayCore
public import RelayWire

/// Something that waits a short while for somebody: a device that wants to be let in, say.
public struct PendingRecord: Hashable, Sendable {
    /// What waits. The records of a kind are found, counted and bounded apart from those of the others.
    public enum Kind: String, CaseIterable, Sendable {
        /// The store itself, while it is being filled from another: see `StoreCopy`.
        case copy
        /// A device that shows a code, until somebody approves it: see ``DeviceRequest``.
        case device
        /// A browser that is at an identity provider: see ``SignInAttempt``.
        case signIn = "sign-in"
        /// A browser whose user is asked whether a device may come in.
        case approval
        /// A browser that is about to fetch its tokens.
        case handover
    }

    /// What waits.
    public let kind: Kind
    /// Unique within its kind. Made of a secret it is the secret's digest, so that nobody gets from the store to the secret.
    public let id: String
    /// Another name by which it is found, unique within its kind; nil where it has none.
    public let alias: String?
    /// What is kept of it: a few hundred bytes that the store does not look into.
    public let value: [UInt8]
    /// From then on it is not found any more.
    public let expiresAt: Timestamp

    public init(kind: Kind, id: String, alias: String? = nil, value: [UInt8], expiresAt: Timestamp) {
        self.kind = kind
        self.id = id
        self.alias = alias
        self.value = value
        self.expiresAt = expiresAt
    }
}

extension PendingRecord: CustomStringConvertible {
    /// Without what is kept of it.
    public var description: String { "PendingRecord(\(self.kind), until: \(self.expiresAt))" }
}

/// What became of a record that was to be stored.
public enum PendingInsertion: Hashable, Sendable {
    case stored
    /// Its id or its alias is another's.
    case taken
    /// As many of its kind wait as may.
    case full
}

/// How a record is found.
public enum PendingName: Hashable, Sendable {
    case id(String)
    case alias(String)
}

/// What waits for somebody, for all relays that share the store. Every function is one atomic step.
public protocol PendingStore: Sendable {
    /// Stores a record, unless `limit` of its kind wait already. Those that have expired by `now` don't count.
    func insertPending(
        _ record: PendingRecord,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> PendingInsertion

    /// - Returns: nil where there is none of that name, or it has expired by `now`.
    func pending(
        _ kind: PendingRecord.Kind,
        _ name: PendingName,
        at now: Timestamp
    ) async throws(StoreError) -> PendingRecord?

    /// What waits, for whoever moves it to another store.
    ///
    /// - Parameters:
    ///   - last: the id of the record after which to go on, in the order of the ids' bytes; nil begins.
    ///   - limit: records at most, at least 1. What can't be read back is left out. An empty answer is the end.
    /// - Returns: those that have not expired by `now`.
    func pending(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord]

    /// Gives a record another value, if it still has the one that `record` says.
    ///
    /// - Returns: whether it did.
    func replacePending(_ record: PendingRecord, by value: [UInt8]) async throws(StoreError) -> Bool

    /// Takes a record out, if it still has the value that `record` says. Of those who do so at once, one does.
    ///
    /// - Returns: whether it did.
    func takePending(_ record: PendingRecord) async throws(StoreError) -> Bool

    /// Forgets the records that have expired by `now`.
    func sweepPending(at now: Timestamp) async throws(StoreError)
}
