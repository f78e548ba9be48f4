import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// A `join` of a signaling socket: which session the client wants to enter, as which peer, and from where on it wants to hear.
struct SignalingEntrance: Sendable {
    let requestID: ByteBuffer?
    let join: SignalFrame.Join
    private let session: String?
    private let peer: String?
    private let asking: Asking

    /// Who wants to enter.
    struct Asking: Sendable {
        /// Whose token has opened the socket; nil for nobody's, and for a ticket's.
        let account: Principal?
        /// The ticket that has opened the socket, if one has.
        let ticket: TicketHolding?
        /// By what it is counted.
        let origin: String
        /// Where the client was seen; nil where that is not known.
        let address: String?
    }

    init(_ frame: SignalFrame, _ join: SignalFrame.Join, of asking: Asking) {
        self.requestID = frame.requestID
        self.join = join
        self.session = frame.session
        self.peer = frame.peer
        self.asking = asking
    }

    /// Counts what nobody's account makes.
    func count(_ sessions: AnonymousSessions, at now: NIODeadline) async throws(SessionFailure) {
        guard self.join.token.isEmpty, self.asking.account == nil else { return }
        do throws(AccessError) {
            try await sessions.admit(self.asking.origin, at: now)
        } catch {
            throw .rateLimited
        }
    }

    /// Lets the peer in. A blank token makes a session, and never enters one that there is.
    func enter(_ sessions: SessionService) async throws(SessionFailure) -> JoinedPeer {
        guard !self.join.token.isEmpty else { return try await self.create(sessions) }
        let proof = try self.proof()
        let session = try self.session.map { text throws(SessionFailure) in try Self.sessionID(text) }
        let named = try self.peer.map { text throws(SessionFailure) in try Self.peerID(text) }
        // What the client leaves out the ticket may say.
        let ticket = session == nil || named == nil ? try await sessions.verified(self.join.token).facts : nil
        guard let id = session ?? ticket?.session else { throw .refused(.sessionUnknown) }
        var join = SessionJoin(
            token: self.join.token,
            peer: named ?? ticket?.peer ?? self.newPeer(by: ticket?.id),
            resume: self.join.resume,
            proof: proof
        )
        join.once = self.join.joinKey
        join.shown = self.asking.ticket
        join.address = self.asking.address
        join.profile = self.profile(of: join.peer)
        return try await sessions.join(id, join, as: self.asking.account)
    }

    private func create(_ sessions: SessionService) async throws(SessionFailure) -> JoinedPeer {
        let peer = try self.peer.map { text throws(SessionFailure) in try Self.peerID(text) } ?? self.newPeer()
        var creation = SessionCreation(host: peer)
        if let name = self.session {
            // Programs of old choose the name of their session themselves.
            guard sessions.settings.acceptsLegacyTokens else { throw .ticket(.malformed) }
            creation.name = try Self.sessionID(name)
        }
        let created = try await sessions.create(creation, as: self.asking.account, from: self.asking.origin)
        var join = SessionJoin(token: created.hostToken, peer: peer, proof: try self.proof())
        join.address = self.asking.address
        join.profile = self.profile(of: peer)
        return try await sessions.join(created.session.id, join, as: self.asking.account)
    }

    private static func sessionID(_ text: String) throws(SessionFailure) -> SessionID {
        guard let id = SessionID(text) else { throw .refused(.sessionUnknown) }
        return id
    }

    private static func peerID(_ text: String) throws(SessionFailure) -> PeerID {
        guard let id = PeerID(text) else { throw .refused(.invalid(.peer)) }
        return id
    }

    /// For a client that names none, as Core's don't.
    ///
    /// - Parameter ticket: that it joins by. Repeated with its key, the join is of the same peer.
    private func newPeer(by ticket: TicketID? = nil) -> PeerID {
        if let ticket, let key = self.join.joinKey { return SessionJoin.peer(joiningBy: ticket, calling: key) }
        let number = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        guard let id = PeerID("peer-\(number)") else { preconditionFailure("a short name without control characters") }
        return id
    }

    private func proof() throws(SessionFailure) -> (nonce: String, answer: KeyProof)? {
        guard let proof = self.join.proof else { return nil }
        guard let answer = KeyProof(key: proof.key, signature: proof.signature) else { throw .malformed("key") }
        return (proof.nonce, answer)
    }

    /// Nothing where the client says nothing of itself.
    private func profile(of peer: PeerID) -> [UInt8] {
        let members = [
            ("display_name", self.join.displayName), ("avatar_url", self.join.avatarURL),
            ("github_login", self.join.githubLogin),
        ]
        guard members.contains(where: { $0.1 != nil }) else { return [] }
        var json = ByteBuffer(string: #"{"peer_id":"#)
        json.writeJSONString(peer.text)
        for (name, text) in members {
            json.writeString(#","\#(name)":"#)
            if let text { json.writeJSONString(text) } else { json.writeStaticString("null") }
        }
        json.writeStaticString("}")
        return Array(json.readableBytesView)
    }

    /// Where the client begins in a topic: after what it has, or after what it had when it was lost; else with what comes next. Presence is
    /// what others show of themselves now: of that it gets all.
    ///
    /// - Parameter bounds: of the topic's stream. Nobody has anything behind its end: a client that could begin there would not hear of its own
    ///   end. What it has of another history may well be behind that.
    func start(of topic: SignalTopic, _ joined: JoinedPeer, in bounds: StreamBounds) -> ReaderStart {
        let end = bounds.last
        if let cursor = self.join.cursors[topic] {
            switch cursor.epoch {
            case nil: return .cursor(.after(min(cursor.id, end)))
            case bounds.epoch.id?: return .cursor(.inEpoch(bounds.epoch.id, after: min(cursor.id, end)))
            case let epoch?: return .cursor(.inEpoch(epoch, after: cursor.id))
            }
        }
        if topic == .presence { return .cursor(.oldest) }
        guard let since = joined.awaySince else { return .tail }
        return .cursor(.after(min(MessageID(milliseconds: since.milliseconds, sequence: 0), end)))
    }

    /// Whether the client hears what was said before it came.
    func replays(_ topic: SignalTopic, _ joined: JoinedPeer) -> Bool {
        self.join.cursors[topic] != nil || joined.awaySince != nil
    }
}

extension SignalTopic {
    /// The topics that a socket follows. Their places are the tags of its readers.
    static let followed = Self.allCases

    var part: SessionTopicName.Part {
        switch self {
        case .session: .root
        case .presence: .presence
        case .signal: .signal
        case .punch: .punch
        case .files: .files
        }
    }
}
