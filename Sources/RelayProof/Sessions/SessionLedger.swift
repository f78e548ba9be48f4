import RelayClient
import RelayWire

/// What the peers of one session said, did and heard, and whether that is what a relay promises. Knows no network and no clock.
struct SessionLedger: Sendable {
    /// What a peer says, and to whom.
    enum Word: Hashable, Sendable {
        /// On the session's own topic.
        case chat
        /// To all others.
        case signal
        /// To one alone, on any topic.
        case addressed(to: Int, isChat: Bool)
    }

    let sessionID: String
    /// By their numbers; the first is host.
    let peers: [String]
    private(set) var messages: Ledger
    private(set) var roster = RosterCheck()
    var counts = PeerCounts()

    init(run: String, sessionID: String, peers: [String]) {
        self.sessionID = sessionID
        self.peers = peers
        let root = "session/\(sessionID)"
        self.messages = Ledger(run: run, topics: [root, "\(root)/signal"], readerCount: peers.count)
    }

    var topics: [String] { self.messages.topics }

    // MARK: Saying

    /// Call before the first attempt.
    mutating func began(_ word: Word, by peer: Int, fillerSize: Int, at time: Int64) -> (
        number: Int, message: OutgoingMessage
    ) {
        let (topic, audience, type): (Int, Audience, JSONDocument) =
            switch word {
            case .chat: (0, .all, "chat_message")
            case .signal: (1, .others(than: peer), "candidate")
            case .addressed(let target, let isChat): (isChat ? 0 : 1, .one(target), isChat ? "chat_message" : "offer")
            }
        let number = self.messages.publishBegan(publisher: peer, topic: topic, at: time, for: audience)
        let envelope = Envelope(
            run: self.messages.run,
            publisher: peer,
            number: number,
            startedAt: time,
            fillerSize: fillerSize
        )
        // What signaling sockets want of each type; an empty candidate says that there are no more.
        var object = JSONObject([("type", type), ("message", ""), ("candidate", ""), ("sdp", "")])
        if case .addressed(let target, _) = word { object.append("to_peer_id", .string(self.peers[target])) }
        if case .object(let members) = envelope.payload {
            for member in members.members { object.append(member.key, member.value) }
        }
        return (number, OutgoingMessage(topic: self.topics[topic], payload: .object(object)))
    }

    mutating func acknowledged(_ number: Int, id: String, at time: Int64) {
        self.messages.publishAcknowledged(number, id: id, at: time)
    }

    /// See ``Ledger/publishTaken(_:at:)``.
    mutating func taken(_ number: Int, at time: Int64) { self.messages.publishTaken(number, at: time) }

    mutating func refused(_ number: Int) { self.messages.publishRefused(number) }

    // MARK: Hearing

    mutating func attached(_ peer: Int, at time: Int64) { self.messages.readerAttached(peer, at: time) }

    /// See ``Ledger/readerBegan(_:in:after:)``.
    mutating func began(_ peer: Int, in topic: String, after id: MessageID) {
        self.messages.readerBegan(peer, in: topic, after: id)
    }

    /// See ``Ledger/readerKnowsHistory(_:of:)``.
    mutating func knowsHistory(_ peer: Int, of topic: String) { self.messages.readerKnowsHistory(peer, of: topic) }

    mutating func detached(_ peer: Int) { self.messages.readerDetached(peer) }

    mutating func delivered(_ message: RelayMessage, to peer: Int, at time: Int64) {
        guard let sender = message.sender else {
            return self.heard(message, by: peer, at: time)
        }
        let publisher = Envelope(message.payload)?.publisher
        if publisher.map({ self.peers.indices.contains($0) && self.peers[$0] != sender }) ?? false {
            self.messages.found(.foreign, in: 0, "\(message.messageID) of \(sender) is another's")
        }
        self.messages.delivered(message, to: peer, at: time)
    }

    private mutating func heard(_ news: RelayMessage, by peer: Int, at time: Int64) {
        var subject: Int?
        if case .string(let name)? = news.payload["peer_id"] {
            subject = Self.untoldToSubject(news.payload["type"]) ? self.peers.firstIndex(of: name) : nil
            if news.payload["type"] == "peer_left", news.payload["reason"] == "lost",
                self.roster.heardLoss(of: name, by: news.messageID, at: time)
            {
                self.counts.losses += 1
            }
        }
        self.messages.deliveredNews(
            news,
            for: self.audience(of: news.payload),
            about: subject,
            // A signaling socket is closed instead.
            isOptional: news.payload["type"] == "connection_replaced",
            to: peer,
            at: time
        )
    }

    /// Whether the peer that it is about is not told it on a signaling socket.
    private static func untoldToSubject(_ type: JSONDocument?) -> Bool {
        switch type {
        case "peer_joined", "peer_left", "peer_away", "peer_returned": true
        default: false
        }
    }

    /// Of the relay's own words: invites are the host's, and those about tunnels there are none.
    private func audience(of payload: JSONDocument) -> Audience {
        switch payload["type"] {
        case "invite_created", "invite_revoked": .one(0)
        default: .all
        }
    }

    mutating func toldGap(_ gap: MessageGap, to peer: Int) { self.messages.toldGap(gap, to: peer) }

    // MARK: Coming and going

    mutating func joined(_ peer: Int) {
        self.counts.joins += 1
        self.roster.joined(self.peers[peer])
    }

    /// See ``RosterCheck/leaving(_:)``.
    mutating func leaving(_ peer: Int) { self.roster.leaving(self.peers[peer]) }

    mutating func left(_ peer: Int) {
        self.counts.leaves += 1
        self.roster.left(self.peers[peer])
    }

    /// See ``RosterCheck/vanished(_:until:)``.
    mutating func vanished(_ peer: Int, until limit: Int64) { self.roster.vanished(self.peers[peer], until: limit) }

    /// Whether a peer has vanished, and that was not told yet.
    func isMissing(_ peer: Int) -> Bool { self.roster.isMissing(self.peers[peer]) }

    /// Whether nothing more is owed to anybody.
    var isSettled: Bool { !self.roster.isAnyMissing && self.messages.isSettled }

    /// A peer has lost the answer to its joining, and can't come back, or can again.
    mutating func shutOut(_ peer: Int, _ isShutOut: Bool) { self.messages.excuse(peer, isShutOut) }

    // MARK: The end

    /// - Parameter history: all of the session's own topic, the oldest first; nil where it could not be read.
    mutating func close(history: [RelayMessage]?, settlingBeganAt: Int64, at time: Int64) {
        self.messages.close(settlingBeganAt: settlingBeganAt)
        self.roster.close(at: time)
        for (fault, words) in self.roster.faults { self.messages.found(fault, in: 0, words) }
        guard let history else { return }
        self.messages.historyNeedsNoReading(of: 1)
        self.messages.historyNeedsNoReading(of: 0)
        let news = history.filter { $0.sender == nil }.map(\.payload)
        for (fault, words) in self.roster.faults(in: news) { self.messages.found(fault, in: 0, words) }
    }
}
