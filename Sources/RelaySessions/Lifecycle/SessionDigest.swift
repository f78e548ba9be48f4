/// A SHA-256 digest of something of one kind, so that two kinds are never mixed up.
public struct SessionDigest<Kind: Sendable>: Hashable, Sendable {
    /// In bytes.
    public static var length: Int { 32 }

    public let bytes: [UInt8]

    /// - Returns: nil unless there are 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }
}

/// The thumbprint of a peer's identity key (RFC 7638), as in a ticket's `cnf` (RFC 7800).
public typealias KeyThumbprint = SessionDigest<KeyThumbprintKind>
/// The digest of a resume token. The session never has the token itself. The token is 128 random bits at least, so comparing digests
/// tells nothing by the time that it takes.
public typealias ResumeDigest = SessionDigest<ResumeDigestKind>

/// The digest of the `jti` that a client joins by, and of what it calls its join. The session never has the text itself.
public typealias JoinKey = SessionDigest<JoinKeyKind>

public enum KeyThumbprintKind: Sendable {}
public enum ResumeDigestKind: Sendable {}
public enum JoinKeyKind: Sendable {}

/// One connection of a peer, by a random number that the relay with the connection chose. It is not used again for that peer.
public struct ConnectionID: Hashable, Sendable {
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
