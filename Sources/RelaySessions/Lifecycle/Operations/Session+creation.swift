public import RelayWire

/// A session that somebody wants to make.
public struct SessionRequest: Hashable, Sendable {
    /// Random, at least 128 bits.
    public var id: SessionID
    /// The account that makes it; nil for an anonymous one.
    public var owner: AccountID?
    /// The peer id that the host will have.
    public var host: PeerID
    public var hostPolicy: Session.HostPolicy
    /// What they become who use the claim to be host after the host. Not host.
    public var defaultRole: SessionRole
    /// JSON text. At most ``SessionLimits/metadataBytes``.
    public var metadata: [UInt8]

    public init(
        id: SessionID,
        owner: AccountID?,
        host: PeerID,
        hostPolicy: Session.HostPolicy = .close,
        defaultRole: SessionRole = .editor,
        metadata: [UInt8] = Array("{}".utf8)
    ) {
        self.id = id
        self.owner = owner
        self.host = host
        self.hostPolicy = hostPolicy
        self.defaultRole = defaultRole
        self.metadata = metadata
    }
}

extension Session {
    /// Makes a session, which waits for its host. Nobody is in it yet.
    public static func create(
        _ request: SessionRequest,
        rules: SessionRules,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        guard request.defaultRole != .host else { throw .invalid(.role) }
        guard request.metadata.count <= rules.limits.metadataBytes else { throw .tooLarge(.metadata) }
        let session = Session(
            id: request.id,
            rules: rules,
            revision: 1,
            state: .created(claimBy: now.after(rules.times.claimSeconds)),
            hostPolicy: request.hostPolicy,
            owner: request.owner,
            declaredHost: request.host,
            defaultRole: request.defaultRole,
            metadata: request.metadata,
            createdAt: now,
            expiresAt: now.after(min(rules.times.sessionSeconds, rules.times.maximumSessionSeconds)),
            endsBy: now.after(rules.times.maximumSessionSeconds),
            host: nil,
            hostIdentity: nil,
            peers: [],
            departed: [],
            invites: [],
            joins: [],
            origins: [],
            barredKeys: [],
            barsClaims: false,
            locks: [],
            lastFence: 0,
            tunnels: [],
            proxies: [],
            sharedDocuments: [],
            places: []
        )
        return SessionTransition(session: session, events: [.created])
    }
}
