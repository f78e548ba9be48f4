import RelayWire

extension Session {
    /// `PRSS`, before the version.
    private static let magic: [UInt8] = Array("PRSS".utf8)
    /// The latest. Earlier ones are read too. A relay refuses a later one, as it can't keep what it does not know.
    private static let version: UInt8 = 6
    /// Those from the third on are written only for a session that has something of what they add: so relays of an earlier version read the
    /// others still.
    private var writtenVersion: UInt8 {
        guard self.places.isEmpty else { return 6 }
        guard self.sharedDocuments.isEmpty else { return 5 }
        guard self.proxies.isEmpty else { return 4 }
        return self.joins.isEmpty && self.origins.isEmpty ? 2 : 3
    }

    /// No revision and no fencing number gets there in a session's life.
    private static let largestCount = UInt64(Int64.max)

    /// The session in the form that stores keep. Equal sessions have equal bytes, at most
    /// ``SessionLimits/maximumDocumentBytes``. The rules are not in it.
    public var document: [UInt8] {
        var writer = DocumentWriter()
        writer.write(raw: Self.magic)
        writer.write(self.writtenVersion)
        writer.write(self.id)
        writer.write(self.revision)
        self.state.write(to: &writer)
        writer.write(self.hostPolicy.rawValue)
        writer.write(optional: self.owner) { $0.write($1) }
        writer.write(self.declaredHost)
        writer.write(self.defaultRole.rawValue)
        writer.write(blob: self.metadata)
        writer.write(self.createdAt)
        writer.write(self.expiresAt)
        writer.write(self.endsBy)
        writer.write(optional: self.host) { $0.write($1) }
        writer.write(optional: self.hostIdentity) { $1.write(to: &$0) }
        writer.write(list: self.peers) { $1.write(to: &$0) }
        writer.write(list: self.departed) { $1.write(to: &$0) }
        writer.write(list: self.invites) { $1.write(to: &$0) }
        writer.write(list: self.barredKeys) { $0.write(raw: $1.bytes) }
        writer.write(self.barsClaims)
        writer.write(list: self.locks) { $1.write(to: &$0) }
        writer.write(self.lastFence)
        writer.write(list: self.tunnels) { $1.write(to: &$0) }
        let version = self.writtenVersion
        if version >= 3 {
            writer.write(list: self.joins) { $1.write(to: &$0) }
            writer.write(list: self.origins) { $1.write(to: &$0) }
        }
        if version >= 4 { writer.write(list: self.proxies) { $1.write(to: &$0) } }
        if version >= 5 { writer.write(list: self.sharedDocuments) { $0.write($1) } }
        if version >= 6 { writer.write(list: self.places) { $1.write(to: &$0) } }
        return writer.bytes
    }

    /// Reads a stored session. What is read is a session that operations could have made, or it is refused.
    ///
    /// - Parameter rules: for the operations to come. The session may have more of something than they allow.
    public init(document: [UInt8], rules: SessionRules) throws(SessionDocumentError) {
        var reader = DocumentReader(document)
        guard document.starts(with: Self.magic) else { throw .notASession }
        _ = try reader.readRaw(Self.magic.count)
        let version = try reader.read(UInt8.self)
        guard (1...Self.version).contains(version) else { throw .unknownVersion(version) }
        try self.init(from: &reader, version: version, rules: rules)
        guard reader.isAtEnd, self.isSound else { throw .damaged }
    }

    private init(
        from reader: inout DocumentReader,
        version: UInt8,
        rules: SessionRules
    ) throws(SessionDocumentError) {
        let ceilings = SessionLimits.ceilings
        self.rules = rules
        self.id = try reader.readName()
        self.revision = try reader.read(UInt64.self)
        self.state = try State(from: &reader)
        guard let policy = HostPolicy(rawValue: try reader.read(UInt8.self)) else { throw .damaged }
        self.hostPolicy = policy
        self.owner = try reader.readAccount()
        self.declaredHost = try reader.readName()
        self.defaultRole = try reader.readRole()
        self.metadata = try reader.readBlob(atMost: ceilings.metadataBytes)
        self.createdAt = try reader.readMoment()
        self.expiresAt = try reader.readMoment()
        self.endsBy = try reader.readMoment()
        self.host = try reader.readPeerID()
        self.hostIdentity = try reader.readOptional { (reader) throws(SessionDocumentError) in
            try HostIdentity(from: &reader)
        }
        self.peers = try reader.readList(atMost: ceilings.peers) { (reader) throws(SessionDocumentError) in
            try SessionPeer(from: &reader)
        }
        self.departed = try reader.readList(atMost: ceilings.departedPeers) { (reader) throws(SessionDocumentError) in
            try DepartedPeer(from: &reader)
        }
        self.invites = try reader.readList(atMost: ceilings.invites) { (reader) throws(SessionDocumentError) in
            try SessionInvite(from: &reader, version: version)
        }
        // Those who are in when the limit is reached can still be kicked.
        let keys = ceilings.barredKeys + ceilings.peers
        self.barredKeys = try reader.readList(atMost: keys) { (reader) throws(SessionDocumentError) in
            try reader.readDigest(KeyThumbprintKind.self)
        }
        self.barsClaims = try reader.readFlag()
        self.locks = try reader.readList(atMost: ceilings.locks) { (reader) throws(SessionDocumentError) in
            try SessionLock(from: &reader)
        }
        self.lastFence = try reader.read(UInt64.self)
        self.tunnels = try reader.readList(atMost: ceilings.tunnels) { (reader) throws(SessionDocumentError) in
            try SessionTunnel(from: &reader)
        }
        (self.joins, self.origins, self.proxies, self.sharedDocuments, self.places) = ([], [], [], [], [])
        try self.readAdditions(from: &reader, version: version)
    }

    /// What the versions from the third on have more.
    private mutating func readAdditions(
        from reader: inout DocumentReader,
        version: UInt8
    ) throws(SessionDocumentError) {
        guard version >= 3 else { return }
        let ceilings = SessionLimits.ceilings
        self.joins = try reader.readList(atMost: ceilings.repeatableJoins) { (reader) throws(SessionDocumentError) in
            try RepeatableJoin(from: &reader)
        }
        self.origins = try reader.readList(atMost: ceilings.peers) { (reader) throws(SessionDocumentError) in
            try PeerOrigin(from: &reader)
        }
        if version >= 4 {
            self.proxies = try reader.readList(atMost: ceilings.tunnels) { (reader) throws(SessionDocumentError) in
                try SessionProxy(from: &reader)
            }
        }
        if version >= 5 {
            self.sharedDocuments = try reader.readList(atMost: ceilings.sharedDocuments) {
                (reader) throws(SessionDocumentError) in try reader.readName()
            }
        }
        if version >= 6 {
            self.places = try reader.readList(atMost: ceilings.peers) { (reader) throws(SessionDocumentError) in
                try PeerPlace(from: &reader)
            }
        }
        guard self.writtenVersion == version else { throw .damaged }
    }

    // MARK: What holds for every session

    /// Operations keep all of it.
    var isSound: Bool {
        self.countsAreSound && self.rosterIsSound && self.hostIsSound && self.holdingsAreSound
            && (!self.state.isEnded || self.isEmpty)
    }

    private var countsAreSound: Bool {
        (1..<Self.largestCount).contains(self.revision) && self.lastFence < Self.largestCount
            && self.defaultRole != .host && self.expiresAt <= self.endsBy
    }

    private var isEmpty: Bool {
        self.peers.isEmpty && self.invites.isEmpty && self.joins.isEmpty && self.locks.isEmpty
            && self.tunnels.isEmpty && self.proxies.isEmpty && self.places.isEmpty
    }

    private var rosterIsSound: Bool {
        let times = self.peers.map(\.joinedAt)
        return (self.peers.map(\.id) + self.departed.map(\.id)).areUnique
            && zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
            && self.peers.allSatisfy { ($0.role == .host) == ($0.id == self.host) }
            && self.origins.map(\.peer).areUnique
            && self.origins.allSatisfy { origin in self.peers.contains { $0.id == origin.peer } }
    }

    private var hostIsSound: Bool {
        let host = self.host.flatMap { self.peer($0) }
        guard (host == nil) == (self.host == nil) else { return false }
        guard host == nil || self.hostIdentity?.peer == self.host else { return false }
        switch self.state {
        case .created: return host == nil && self.hostIdentity == nil
        case .active: return host?.isConnected == true
        case .hostAway: return host?.isConnected != true && self.hostIdentity != nil
        case .closing, .closed, .expired: return true
        }
    }

    private var holdingsAreSound: Bool {
        let fences = self.locks.map(\.fence)
        let members = Set(self.peers.map(\.id))
        return self.invites.map(\.id).areUnique && self.invites.allSatisfy { $0.role != .host }
            && self.barredKeys.areUnique && self.joins.map(\.key).areUnique
            && self.locks.map(\.element).areUnique && self.locks.allSatisfy { members.contains($0.holder) }
            && zip(fences, fences.dropFirst()).allSatisfy { $0 < $1 } && fences.last ?? 0 <= self.lastFence
            && self.tunnels.map(\.id).areUnique
            && self.tunnels.allSatisfy {
                $0.opener != $0.target && members.contains($0.opener) && members.contains($0.target)
            }
            && self.places.map(\.peer).areUnique && self.places.allSatisfy { members.contains($0.peer) }
            && self.sharedDocuments.areUnique && self.proxies.map(\.id).areUnique
            && self.proxies.allSatisfy {
                $0.opener != $0.target && members.contains($0.opener) && $0.target.map(members.contains) ?? true
            }
    }
}

extension Array where Element: Hashable {
    fileprivate var areUnique: Bool { Set(self).count == self.count }
}
