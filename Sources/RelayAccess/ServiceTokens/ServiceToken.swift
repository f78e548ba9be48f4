public import RelayCore
public import RelayWire

/// A service token as it is stored, so that it can be listed and revoked. Neither its text nor a secret is: what it may do the signed token
/// says itself.
public struct ServiceToken: Hashable, Sendable {
    /// Its `jti`: 32 hex digits.
    public let id: String
    /// Whose it is: for whom its holders act.
    public let user: UserID
    /// What its user calls it.
    public let label: String?
    /// What its holders may do at most.
    public let scope: TokenScope
    public let createdAt: Timestamp
    public let expiresAt: Timestamp

    public init(
        id: String,
        user: UserID,
        label: String?,
        scope: TokenScope,
        createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.user = user
        self.label = label
        self.scope = scope
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    public var place: ServiceTokenPlace { ServiceTokenPlace(createdAt: self.createdAt, id: self.id) }
}

/// Where a token stands in the order of all: by creation, then by the id's bytes. It need not exist any more.
public struct ServiceTokenPlace: Hashable, Sendable, Comparable {
    public let createdAt: Timestamp
    public let id: String

    public init(createdAt: Timestamp, id: String) {
        self.createdAt = createdAt
        self.id = id
    }

    public static func < (left: ServiceTokenPlace, right: ServiceTokenPlace) -> Bool {
        if left.createdAt != right.createdAt { return left.createdAt < right.createdAt }
        return ExactText(left.id) < ExactText(right.id)
    }
}

extension TokenScope {
    /// The scope as stores keep it: JSON, the same text for the same scope.
    public var storedText: String { StoredJSON.text(ScopeClaims(self)) }

    /// - Returns: nil for a text that ``storedText`` would not have made.
    public init?(storedText: String) {
        guard let scope = StoredJSON.value(ScopeClaims.self, from: storedText.utf8)?.scope else { return nil }
        self = scope
    }
}
