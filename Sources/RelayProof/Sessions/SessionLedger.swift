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

    init(run: String, sessionID: String, peers: [String]) {
        self.sessionID = sessionID
        self.peers = peers
        let root = "session/\(sessionID)"
        self.messages = Ledger(run: run, topics: [root, "\(root)/signal"], readerCount: peers.count)
        self.messages.transientTopic = 1
    }

    var topics: [String] { self.messages.topics }

    // MARK: Saying

    /// Call before the first attempt.
    mutating func began(_ word: Word, by peer: Int, fillerSize: Int, at time: Int64) -> (
        number: Int, message: OutgoingMessage
    ) {
        let (topic, audience, type): (Int, Audience, JSONDocument) =
            switch word {
            case .chat: (0, .all, "chat")
            case .signal: (1, .others(than: peer), "candidate")
            case .addressed(let target, let isChat): (isChat ? 0 : 1, .one(target), isChat ? "chat" : "offer")
            }
        let number = self.messages.publishBegan(publisher: peer, topic: topic, at: time, for: audience)
        let envelope = Envelope(
            run: self.messages.run,
            publisher: peer,
            number: number,
            startedAt: time,
            fillerSize: fillerSize
        )
        var object = JSONObject([("type", type)])
        if case .addressed(let target, _) = word { object.append("to_peer_id", .string(self.peers[target])) }
        if case .object(let members) = envelope.payload {
            for member in members.members { object.append(member.key, member.value) }
        }
        return (number, OutgoingMessage(topic: self.topics[topic], payload: .object(object)))
    }

    mutating func acknowledged(_ number: Int, id: String, at time: Int64) {
        self.messages.publishAcknowledged(number, id: id, at: time)
    }

    mutating func refused(_ number: Int) { self.messages.publishRefused(number) }

    // MARK: Hearing

    mutating func attached(_ peer: Int, at time: Int64) { self.messages.readerAttached(peer, at: time) }

    mutating func detached(_ peer: Int) { self.messages.readerDetached(peer) }

    mutating func delivered(_ message: RelayMessage, to peer: Int, at time: Int64) {
        guard let sender = message.sender else {
            return self.messages.deliveredNews(message, for: self.audience(of: message.payload), to: peer, at: time)
        }
        let publisher = Envelope(message.payload)?.publisher
        if publisher.map({ self.peers.indices.contains($0) && self.peers[$0] != sender }) ?? false {
            self.messages.found(.foreign, in: 0, "\(message.messageID) of \(sender) is another's")
        }
        self.messages.delivered(message, to: peer, at: time)
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

    mutating func joined(_ peer: Int) { self.roster.joined(self.peers[peer]) }

    mutating func left(_ peer: Int) { self.roster.left(self.peers[peer]) }

    /// A peer has lost the answer to its joining, and can't come back, or can again.
    mutating func shutOut(_ peer: Int, _ isShutOut: Bool) { self.messages.excuse(peer, isShutOut) }

    // MARK: The end

    /// - Parameter history: all of the session's own topic, the oldest first; nil where it could not be read.
    mutating func close(history: [RelayMessage]?, settlingBeganAt: Int64) {
        self.messages.close(settlingBeganAt: settlingBeganAt)
        guard let history else { return }
        self.messages.historyNeedsNoReading(of: 1)
        self.messages.historyNeedsNoReading(of: 0)
        let news = history.filter { $0.sender == nil }.map(\.payload)
        for (fault, words) in self.roster.faults(in: news) { self.messages.found(fault, in: 0, words) }
    }
}
