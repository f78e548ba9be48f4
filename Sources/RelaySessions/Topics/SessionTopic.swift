public import NIOCore
public import RelayCore

/// A session's topics, one behaviour for each of its parts.
///
/// The root's record and state decide for all of them. Nobody makes one by publishing: sessions are made by ``SessionService``.
///
/// | who | read | publish | manage |
/// | --- | --- | --- | --- |
/// | the relay | everything | everything | yes |
/// | a peer of the roster | what is for it or for all; a tunnel's only if it is bound to it | by its role and the message's type | no |
/// | an account with a peer in the roster, or that made the session, naming none | what is for all | no | no |
/// | an administrator | what is for all | no | no: it closes sessions by their route |
/// | who was a peer when the session ended | as before | no | no |
/// | anybody else | no | no | no |
public struct SessionTopic: TopicBehavior {
    /// For how long the parts that are not kept have their messages, but for presence. In seconds.
    static let hotSeconds: Int64 = 30

    private let family: SessionTopicFamily
    private let rules: SessionRules
    private let limits: SessionMessageLimits
    private let counts: SessionMessageCounts
    private let budget: SessionByteBudget

    /// The behaviours of all parts.
    ///
    /// - Parameter counts: told of each message that is admitted.
    public static func all(
        rules: SessionRules = SessionRules(),
        limits: SessionMessageLimits = SessionMessageLimits(),
        counts: SessionMessageCounts = SessionMessageCounts()
    ) -> [any TopicBehavior] {
        let budget = SessionByteBudget(limits)
        return SessionTopicFamily.allCases.map {
            SessionTopic(family: $0, rules: rules, limits: limits, counts: counts, budget: budget)
        }
    }

    /// The kind of the topic that has the session.
    public static let rootKind = "session"

    public var kind: String {
        switch self.family {
        case .root: Self.rootKind
        case .presence: "session_presence"
        case .signal: "session_signal"
        case .punch: "session_punch"
        case .files: "session_files"
        case .tunnel: "session_tunnel"
        }
    }

    public func name(fromPath path: String) -> TopicName? {
        guard path.hasPrefix("session/"), let name = SessionTopicName(path: path), name.part.family == self.family
        else {
            return nil
        }
        return name.topicName
    }

    public func root(of name: TopicName) -> TopicName? {
        guard self.family != .root else { return nil }
        return SessionTopicName(path: name.rawValue).map { SessionTopicName($0.session).topicName }
    }

    public var hasGlobalNames: Bool { true }

    public var hasPeers: Bool { true }

    public var tier: StreamTier {
        switch self.family {
        case .root: .kept
        // What becomes of a tunnel the root keeps too.
        case .presence, .signal, .punch, .files, .tunnel: .hot
        }
    }

    public var compaction: StreamCompaction? { self.family == .presence ? PresenceTopic.compaction : nil }

    public func decode(_ state: ByteBuffer) -> (any KindState)? {
        try? Session(document: Array(state.readableBytesView), rules: self.rules)
    }

    public func retention(configured: Retention) -> Retention {
        let kept = min(configured.maxMessages, self.limits.keptMessages)
        let hot = min(configured.maxMessages, self.limits.hotMessages)
        return switch self.family {
        case .root: Retention(maxMessages: kept, maxAgeSeconds: nil)
        case .presence: Retention(maxMessages: hot, maxAgeSeconds: self.rules.times.maximumSessionSeconds)
        case .signal, .punch, .files, .tunnel: Retention(maxMessages: hot, maxAgeSeconds: Self.hotSeconds)
        }
    }
}

// MARK: - Who may do what

extension SessionTopic {
    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard let session = access.state as? Session else { return .missing }
        switch session.viewer(principal) {
        case .relay: return .allowed
        case .stranger: return .denied
        case .administrator, .member, .former: return Self.isReading(action) ? .allowed : .denied
        case .peer(let peer):
            guard self.mayEnter(peer.id, session) else { return .denied }
            switch action {
            case .read, .inspect: return peer.capabilities.contains(.read) ? .allowed : .denied
            case .publish: return .allowed
            case .create, .manage: return .denied
            }
        }
    }

    /// A tunnel's topics are for the peers that are bound by one. What is not addressed to them they don't see.
    private func mayEnter(_ peer: PeerID, _ session: Session) -> Bool {
        self.family != .tunnel || session.tunnels.contains { $0.binds(peer) }
    }

    private static func isReading(_ action: TopicAction) -> Bool {
        switch action {
        case .read, .inspect: true
        case .publish, .create, .manage: false
        }
    }
}

// MARK: - Messages

extension SessionTopic {
    /// Writes the sender, and who gets the message. The relay's own messages come as they are to go.
    public func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        guard !principal.isRelay else { return draft }
        guard let session = access.state as? Session, case .peer(let peer) = session.viewer(principal) else {
            throw Refusal("Only peers of the session publish here")
        }
        var draft = draft
        draft.sender = peer.id.text
        let message: PeerMessage
        do throws(PeerMessageProblem) {
            message = try PeerMessage(draft.payload, in: session.id, from: peer.id)
        } catch {
            throw Refusal(error.text)
        }
        draft.audience = try self.audience(of: message, draft.payload.readableBytes, from: peer, in: session)
        if self.family == .presence, case .one = draft.audience { draft.ttl = min(draft.ttl ?? .max, Self.hotSeconds) }
        draft.listener = try self.checkForRelay(message.type ?? "", draft.payload) ? .sessions : nil
        try self.spend(draft, of: peer.id, in: session.id)
        self.counts.count(message.type, on: self.family)
        return draft
    }

    private func spend(_ draft: Draft, of peer: PeerID, in session: SessionID) throws(Refusal) {
        do throws(SessionByteBudget.Refusal) {
            try self.budget.take(draft.payload.readableBytes, of: peer, in: session, at: draft.timestamp)
        } catch {
            self.counts.refusedForBytes()
            switch error {
            case .session: throw Refusal("quota_exceeded: the session says as many bytes as it may")
            case .peer: throw Refusal("quota_exceeded: you say as many bytes as a peer may")
            }
        }
    }

    /// Checks what the relay itself reads of a message.
    ///
    /// - Returns: whether it has something to do about it once it is stored.
    private func checkForRelay(_ type: String, _ payload: ByteBuffer) throws(Refusal) -> Bool {
        do throws(PunchProblem) {
            switch (self.family, type) {
            case (.punch, PunchRequest.type): _ = try PunchRequest(payload)
            case (.punch, PunchResult.type): _ = try PunchResult(payload)
            case (.punch, PathReport.type): _ = try PathReport(payload)
            case (.signal, "candidate"):
                guard PunchCandidate.allows(signal: payload) else { throw PunchProblem("candidate") }
                return false
            case (.signal, _): return ConnectionRequest.responses.contains(type)
            default: return false
            }
            return true
        } catch {
            throw Refusal(error.text)
        }
    }

    private func audience(
        of message: PeerMessage,
        _ bytes: Int,
        from peer: SessionPeer,
        in session: Session
    ) throws(Refusal) -> Audience {
        guard let rule = SessionMessageRule.of(message.type, on: self.family) else {
            throw Refusal("Peers send no messages of this type here")
        }
        guard peer.capabilities.contains(rule.needs) else {
            throw Refusal("forbidden: this needs \(rule.needs.names.joined(separator: ", "))")
        }
        let longest = self.limits[keyPath: rule.bytes]
        guard bytes <= longest else { throw Refusal("too_large: at most \(longest) bytes") }
        return try self.audience(rule.reach, message.recipient, from: peer.id, in: session)
    }

    private func audience(
        _ reach: SessionMessageRule.Reach,
        _ recipient: PeerID?,
        from sender: PeerID,
        in session: Session
    ) throws(Refusal) -> Audience {
        if let recipient {
            guard session.peer(recipient) != nil else { throw Refusal("not_found: no such peer", isByState: true) }
            if self.family == .tunnel, !session.tunnels.contains(where: { $0.binds(sender) && $0.binds(recipient) }) {
                throw Refusal("forbidden: no tunnel binds the two")
            }
            return .one(recipient.text)
        }
        switch reach {
        case .everyone: return .everyone
        case .others: return .others
        case .host:
            guard let host = session.host else {
                throw Refusal("not_found: the session has no host now", isByState: true)
            }
            return .one(host.text)
        case .named: throw Refusal("invalid_request: to_peer_id has to name a peer")
        }
    }

    /// So that messages can be for one peer, or for all but their sender.
    public var hidesMessages: Bool { true }

    public func isVisible(_ message: Message, to principal: Principal) -> Bool {
        principal.isRelay || message.isFor(principal.peer?.id)
    }
}

extension Session: KindState {
    public var parts: [TopicName] {
        let parts: [SessionTopicName.Part] = [.presence, .signal, .punch, .files] + self.tunnels.map { .tunnel($0.id) }
        return parts.map { SessionTopicName(self.id, $0).topicName }
            + self.sharedDocuments.map { SharedDocumentAccess.topicName(of: $0, in: self.id) }
    }
}
