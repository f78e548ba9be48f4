/// What a ticket says.
///
/// A ticket without a peer is to be redeemed, and names no key. One with a peer was made when another was redeemed: it has no number of uses,
/// and a key where the peer has shown one.
public struct TicketClaims: Hashable, Sendable {
    /// `iss`: the cluster's id.
    public var issuer: String
    /// `aud`: the cluster's id.
    public var audience: String
    /// `sid`.
    public var session: SessionID
    /// `sub`: the account, where it is known.
    public var account: AccountID?
    public var role: SessionRole
    /// `cap`: within the role's ``SessionRole/permittedCapabilities``.
    public var capabilities: SessionCapabilities
    /// `jti`.
    public var id: TicketID
    /// `uses`: how often it can be redeemed at most. From 1 to ``maximumUses``. Nil for a peer's, and for a host's claim that is shared with
    /// guests; an invitation always has it.
    public var uses: Int?
    /// `iat`: in seconds since the Unix epoch, as are `nbf` and `exp`. Never negative.
    public var issuedAt: Int64
    /// `nbf`.
    public var notBefore: Int64
    /// `exp`: from this second on it is no good.
    public var expiresAt: Int64
    /// `peer`: whom it names in its session.
    public var peer: PeerID?
    /// `cnf`, as `jkt` (RFC 7800; RFC 9449, section 6.1): the peer's identity key.
    public var confirmation: KeyThumbprint?
    /// `node`: the relay that owns the peer's tunnels.
    public var node: String?

    /// Of `uses`.
    public static let maximumUses = 10_000
    /// Of `iss`, `aud` and `node`, each, in bytes of UTF-8.
    public static let maximumNameBytes = 255

    /// Whether the claims are those of one use, and within bounds.
    var areConsistent: Bool {
        guard [self.issuer, self.audience, self.node ?? "none"].allSatisfy(Self.isName),
            self.capabilities.isSubset(of: self.role.permittedCapabilities),
            self.issuedAt >= 0, self.notBefore >= 0, self.expiresAt > self.notBefore
        else { return false }
        guard self.peer == nil else { return self.uses == nil }
        guard self.confirmation == nil else { return false }
        guard let uses = self.uses else { return self.role == .host }
        return (1...Self.maximumUses).contains(uses)
    }

    private static func isName(_ name: String) -> Bool {
        (1...Self.maximumNameBytes).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
