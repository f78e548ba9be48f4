import Crypto
public import RelayCore
public import RelayWire

/// Somebody who wants to come into a session, or back.
public struct SessionJoin: Sendable {
    /// An invite, a claim to be host, or the peer's own ticket.
    public var token: String
    public var peer: PeerID
    /// JSON text; empty for none.
    public var profile: [UInt8]
    /// As ``JoinedPeer/resume`` gave it.
    public var resume: String?
    /// What the client calls this join, so that it may repeat it for ``SessionTimes/joinRepeatSeconds`` if the answer is lost: a secret of its own,
    /// of 16 to 255 bytes.
    public var once: String?
    /// Where the client was seen: an address, or of IPv6 its first eight bytes in hexadecimal, parted by colons, and `/64`. Nil where that is not
    /// known.
    public var address: String?
    /// What the client has shown before, with a proof of its key where it names one: as its socket opened. A join by the same ticket needs no other.
    public var shown: TicketHolding?
    /// The number that was drawn by ``SessionService/challenge(_:)``, and the key's answer to it.
    public var proof: (nonce: String, answer: KeyProof)?

    public init(
        token: String,
        peer: PeerID,
        profile: [UInt8] = [],
        resume: String? = nil,
        proof: (nonce: String, answer: KeyProof)? = nil
    ) {
        self.token = token
        self.peer = peer
        self.profile = profile
        self.resume = resume
        self.proof = proof
    }

    /// The name of a peer that has none, and calls its join something: each time the same.
    public static func peer(joiningBy ticket: TicketID, calling key: String) -> PeerID {
        let digest = SHA256.hash(data: Array("\(ticket.text) \(key)".utf8))
        guard let id = PeerID("peer-\(String(hexadecimal: Array(digest.prefix(8))))") else {
            preconditionFailure("a short name without control characters")
        }
        return id
    }

    /// What to compare with another's; nil for an address that is not public: many networks have the same.
    fileprivate func origin(in session: SessionID) -> UInt64? {
        guard let address = self.address, Self.isPublic(address) else { return nil }
        let digest = SHA256.hash(data: Array("\(session.text) \(address)".utf8))
        return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func isPublic(_ address: String) -> Bool {
        if let address = IPAddress(address) { return address.unmapped.isPlace && !address.unmapped.isPrivate }
        // Global unicast (RFC 4291, 2.4), as far as it is given out.
        let first = UInt8(address.prefix { $0 != ":" }, radix: 16)
        return address.hasSuffix("/64") && first.map { (0x20...0x3F).contains($0) } ?? false
    }

    /// The shortest that nobody guesses, if it is random. In bytes.
    private static let shortestKey = 16

    /// - Parameter ticket: that the client joins by. Of another ticket the same key is another join.
    fileprivate func key(for ticket: TicketID) throws(SessionFailure) -> JoinKey? {
        guard let text = self.once else { return nil }
        guard (Self.shortestKey...IdempotencyKeyText.maximumSize).contains(text.utf8.count) else {
            throw .malformed("The join's key")
        }
        let id = Array(ticket.text.utf8)
        return JoinKey(Array(SHA256.hash(data: [UInt8(id.count)] + id + Array(text.utf8))))
    }
}

/// A peer that is in, and what it gets.
public struct JoinedPeer: Sendable {
    public let session: Session
    public let peer: SessionPeer
    /// The peer's own ticket: a bearer token for the session's topics and routes.
    public let ticket: TicketMinter.Minted
    /// What the peer shows, with its ticket, to have its place back. Good once.
    public let resume: String
    /// Since when the peer that has come back was away; nil for who is new, and for who was there all the time.
    public let awaySince: Timestamp?
}

extension SessionService {
    /// A number for a peer's key to sign. Asks nothing of who wants it, and keeps nothing.
    public func challenge(_ id: SessionID) async throws(SessionFailure) -> ProofChallenge {
        ProofNonces.make(for: id, by: try await self.keys.current().current, at: self.now)
    }

    /// Lets a peer in, or back to its place.
    ///
    /// - Parameter principal: the account of who asks, if there is one, which may read; it need have no part in the session yet.
    public func join(
        _ id: SessionID,
        _ join: SessionJoin,
        as principal: Principal?
    ) async throws(SessionFailure) -> JoinedPeer {
        guard principal?.permissions.contains(.read) ?? true else { throw .lacks(.read) }
        let now = self.now
        let ticket = try await self.verified(join.token, for: id)
        let wasShown = join.shown == TicketHolding(root: Self.key(id).name, id: ticket.facts.id.text)
        let key = try await self.prove(join, ticket, at: now) ?? (wasShown ? ticket.facts.key : nil)
        let (resume, nextResume) = (try Self.digest(join.resume), Self.newResume())
        var generator = SystemRandomNumberGenerator()
        let request = JoinRequest(
            ticket: ticket.facts,
            peer: join.peer,
            account: principal.flatMap { $0.peer?.ticket == nil ? AccountID($0.id.rawValue) : nil },
            key: key,
            resume: resume,
            once: try join.key(for: ticket.facts.id),
            origin: join.origin(in: id),
            profile: join.profile,
            connection: ConnectionID(generator.next()),
            ownTicket: .random(using: &generator),
            nextResume: nextResume.digest
        )
        var awaySince: Timestamp?
        let session = try await self.change(id) { (session, now) throws(SessionRefusal) in
            awaySince = session.peer(join.peer).flatMap { $0.isConnected ? nil : session.lastSeen($0, at: now) }
            return try session.join(request, at: now)
        }
        let (peer, own) = try await self.ticket(of: join.peer, in: session, at: now)
        return JoinedPeer(session: session, peer: peer, ticket: own, resume: nextResume.text, awaySince: awaySince)
    }

    /// A peer's ticket with more time, and a sign of its life. The host's keeps the session alive too.
    public func heartbeat(
        _ id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> (session: Session, ticket: TicketMinter.Minted) {
        var asking: PeerID?
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            guard case .peer(let peer) = actor else { throw .notMember }
            asking = peer
            guard peer == session.host else { return try session.comeBack(peer, over: nil, at: now) }
            return try session.heartbeat(by: peer, at: now)
        }
        guard let asking else { throw .refused(.notMember) }
        await self.renewLeases([Deadline.Name(topic: Self.key(id), peer: asking.text)])
        return (session, try await self.ticket(of: asking, in: session, at: self.now).ticket)
    }

    private func ticket(
        of id: PeerID,
        in session: Session,
        at now: Timestamp
    ) async throws(SessionFailure) -> (peer: SessionPeer, ticket: TicketMinter.Minted) {
        guard let peer = session.peer(id) else { throw .refused(.peerUnknown) }
        let ticket = PeerTicket(
            id: peer.ticket,
            peer: peer.id,
            account: peer.account,
            role: peer.role,
            capabilities: peer.capabilities,
            key: peer.key
        )
        let minter = try await self.minter()
        do throws(TicketMintingError) {
            return (peer, try minter.peerTicket(ticket, to: session.ticketScope, at: now))
        } catch {
            throw .minting(error)
        }
    }

    /// - Returns: the thumbprint of the key that was proven; nil where none was shown.
    private func prove(
        _ join: SessionJoin,
        _ ticket: VerifiedTicket,
        at now: Timestamp
    ) async throws(SessionFailure) -> KeyThumbprint? {
        guard let (nonce, answer) = join.proof else { return nil }
        return try await self.take(answer, to: nonce, for: ticket, at: now)
    }

    private static func newResume() -> (text: String, digest: ResumeDigest) {
        var generator = SystemRandomNumberGenerator()
        let bytes = [UInt8].random(32, using: &generator)
        guard let digest = ResumeDigest(Array(SHA256.hash(data: bytes))) else {
            preconditionFailure("SHA-256 gives 32 bytes")
        }
        return (Sodium.base64(bytes), digest)
    }

    private static func digest(_ resume: String?) throws(SessionFailure) -> ResumeDigest? {
        guard let resume else { return nil }
        guard resume.utf8.count == 43, let bytes = Sodium.bytes(base64: resume.utf8) else { throw .malformed("resume") }
        return ResumeDigest(Array(SHA256.hash(data: bytes)))
    }
}

extension ProofChallenge {
    /// As clients get it and give it back: 43 characters of base64url.
    public var text: String { Sodium.base64(self.nonce) }
}
