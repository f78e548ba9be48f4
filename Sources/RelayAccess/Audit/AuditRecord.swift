public import RelayCore
public import RelayWire

/// One act of somebody who administers the relay, or an attempt at one: who, from where, what, on what, and what came of it. Holds no secret.
public struct AuditRecord: Hashable, Sendable {
    /// What came of an act.
    public enum Outcome: String, CaseIterable, Sendable {
        case ok
        /// The relay did not do it: its caller may not, or what was asked for can't be.
        case refused
        /// The relay could not do it.
        case failed
    }

    /// Where a record stands in the order of all: by time, then by the id's bytes.
    public struct Place: Hashable, Comparable, Sendable {
        public let at: Timestamp
        public let id: String

        public init(at: Timestamp, id: String) {
            self.at = at
            self.id = id
        }

        public static func < (left: Place, right: Place) -> Bool {
            left.at == right.at
                ? left.id.utf8.lexicographicallyPrecedes(right.id.utf8) : left.at < right.at
        }
    }

    /// Longest text of a record, in bytes; what is longer is cut.
    public static let maxTextBytes = 512
    /// Most details.
    public static let maxDetails = 16

    /// Unique: 16 hex digits, random.
    public let id: String
    public let at: Timestamp
    /// The relay on which it was done.
    public let node: String
    /// Who did it; nil where nobody was signed in.
    public let user: UserID?
    /// The user's name then.
    public let username: String?
    /// From where; nil where it was done on the relay's own machine.
    public let address: String?
    /// What was done: `user.create`.
    public let action: String
    /// On what: a user's id, a topic's name.
    public let target: String?
    /// What people called the target then, where that is something else: a user's name, a token's label.
    public let targetName: String?
    /// What came of it.
    public let outcome: Outcome
    /// Of the answer; nil where there was no request.
    public let status: Int?
    /// What else there is to know, by name.
    public let details: [String: String]

    /// Texts are cut to ``maxTextBytes``, and of the details the first ``maxDetails`` by name are kept.
    public init(
        id: String,
        at: Timestamp,
        node: String,
        user: UserID? = nil,
        username: String? = nil,
        address: String? = nil,
        action: String,
        target: String? = nil,
        targetName: String? = nil,
        outcome: Outcome,
        status: Int? = nil,
        details: [String: String] = [:]
    ) {
        self.id = id
        self.at = at
        self.node = Self.cut(node)
        self.user = user
        self.username = username.map(Self.cut)
        self.address = address.map(Self.cut)
        self.action = Self.cut(action)
        self.target = target.map(Self.cut)
        self.targetName = targetName.map(Self.cut)
        self.outcome = outcome
        self.status = status
        let kept = details.sorted { ExactText($0.key) < ExactText($1.key) }.prefix(Self.maxDetails)
        self.details = Dictionary(kept.map { (Self.cut($0.key), Self.cut($0.value)) }) { first, _ in first }
    }

    /// Where it stands in the order of all.
    public var place: Place { Place(at: self.at, id: self.id) }

    /// 64 random bits.
    public static func newID() -> String { String(hexadecimal: .random(in: .min ... .max) as UInt64) }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > self.maxTextBytes else { return text }
        var text = text
        while text.utf8.count > self.maxTextBytes { text.unicodeScalars.removeLast() }
        return text
    }
}

// MARK: - As stores keep it

extension AuditRecord {
    /// What is stored, but for the place: JSON.
    private struct Stored: Codable {
        var node: String
        var user: String?
        var name: String?
        var address: String?
        var action: String
        var target: String?
        var targetName: String?
        var outcome: String
        var status: Int?
        var details: [String: String]?
    }

    /// All of it but its place, as text of one line.
    public var storedText: String {
        let stored = Stored(
            node: self.node,
            user: self.user?.rawValue,
            name: self.username,
            address: self.address,
            action: self.action,
            target: self.target,
            targetName: self.targetName,
            outcome: self.outcome.rawValue,
            status: self.status,
            details: self.details.isEmpty ? nil : self.details
        )
        return StoredJSON.text(stored)
    }

    /// - Returns: nil for a text that is no record's.
    public init?(_ place: Place, storedText: String) {
        guard let stored = StoredJSON.value(Stored.self, from: storedText.utf8),
            let outcome = Outcome(rawValue: stored.outcome)
        else { return nil }
        self.init(
            id: place.id,
            at: place.at,
            node: stored.node,
            user: stored.user.map { UserID($0) },
            username: stored.name,
            address: stored.address,
            action: stored.action,
            target: stored.target,
            targetName: stored.targetName,
            outcome: outcome,
            status: stored.status,
            details: stored.details ?? [:]
        )
    }
}
