import NIOCore
import RelayCore
import RelayWire

/// Two peers that have asked for each other, and are to be told when and where to meet.
public struct PunchMeeting: Hashable, Sendable {
    /// One of the two, as it has said.
    struct Side: Hashable {
        let peer: PeerID
        var candidates = PunchCandidates()
        let roundTrip: Int64
        let nat: NATClass
    }

    /// Whose request came first.
    var first: Side
    var second: Side
    /// From 1, of this pair, as far back as the topic's messages are kept.
    let attempt: Int
    /// Whether the relay has seen both join from one public address.
    var areNeighbours = false

    public var peers: [PeerID] { [self.first.peer, self.second.peer] }

    /// What the two say of their NATs.
    public var nats: [NATClass] { [self.first.nat, self.second.nat] }

    /// The same, and who says it.
    public var natsByPeer: [PeerID: NATClass] { [self.first.peer: self.first.nat, self.second.peer: self.second.nat] }

    // MARK: Asked on the punch topic

    /// - Parameter messages: of the punch topic, in their order; the last is the one that asks.
    /// - Returns: nil where the other has not asked yet. A request counts once: then both are to ask anew. So of all relays that share the topic
    ///   only that one decides which stored the later request.
    init?(requests messages: [Message]) {
        guard let asking = messages.last, let pair = PunchPair(asking) else { return nil }
        var waiting: Message?
        var attempts = 0
        for message in messages where pair.concerns(message) {
            if message.sender == nil {
                guard let told = PunchTold(message.payload), told.peer.isExactly(pair.recipient) else { continue }
                waiting = nil
                attempts = max(attempts, told.attempt)
            } else if PunchPair.type(of: message) == PunchRequest.type {
                guard let other = waiting, !other.sender.isExactly(message.sender) else {
                    waiting = message
                    continue
                }
                if message.id == asking.id {
                    self.init(other, message, attempt: attempts + 1)
                    return
                }
                waiting = nil
            }
        }
        return nil
    }

    private init?(_ first: Message, _ second: Message, attempt: Int) {
        guard let first = Side(request: first), let second = Side(request: second) else { return nil }
        self.first = first
        self.second = second
        self.attempt = attempt
    }

    // MARK: Asked as older programs do

    /// - Parameter messages: of the signal topic, in their order; the last is the response.
    /// - Returns: nil where it answers nobody's request, or one of the two names no address.
    init?(connections messages: [Message]) {
        guard let response = messages.last, let responder = response.sender.flatMap(PeerID.init),
            let second = Side(connection: response)
        else { return nil }
        for message in messages.dropLast().reversed() {
            guard let type = PunchPair.type(of: message), let sender = message.sender.flatMap(PeerID.init) else {
                continue
            }
            // Answered by the same peer before.
            if sender == responder, ConnectionRequest.responses.contains(type) { return nil }
            guard ConnectionRequest.requests.contains(type), sender != responder, message.isFor(responder.text),
                response.isFor(sender.text), let first = Side(connection: message)
            else { continue }
            self.first = first
            self.second = second
            self.attempt = 1
            return
        }
        return nil
    }

    // MARK: What was told before

    /// Takes what the two have told as `candidate` messages on the signal topic, as far as the other may see it.
    mutating func addCandidates(of signals: [Message]) {
        for message in signals where PunchPair.type(of: message) == "candidate" {
            guard let candidate = PunchCandidate.ofSignal(message.payload) ?? nil else { continue }
            if message.sender.isExactly(self.first.peer.text), message.isFor(self.second.peer.text) {
                self.first.candidates.add(CollectionOfOne(candidate))
            }
            if message.sender.isExactly(self.second.peer.text), message.isFor(self.first.peer.text) {
                self.second.candidates.add(CollectionOfOne(candidate))
            }
        }
    }
}

extension PunchMeeting.Side {
    fileprivate init?(request message: Message) {
        guard let peer = message.sender.flatMap(PeerID.init), let request = try? PunchRequest(message.payload) else {
            return nil
        }
        self.init(
            peer: peer,
            roundTrip: request.roundTrip ?? PunchRequest.usualRoundTrip,
            nat: request.nat
        )
        self.candidates.add(request.candidates)
    }

    fileprivate init?(connection message: Message) {
        guard let peer = message.sender.flatMap(PeerID.init), let request = ConnectionRequest(message.payload) else {
            return nil
        }
        self.init(peer: peer, roundTrip: request.roundTrip ?? PunchRequest.usualRoundTrip, nat: .unknown)
        self.candidates.add(request.candidates)
    }
}

/// Who sent a message to whom, and which others are of the same two.
struct PunchPair {
    let sender: String
    let recipient: String

    /// - Returns: nil where a message is not of one peer to another.
    init?(_ message: Message) {
        guard let sender = message.sender, case .one(let recipient) = message.audience,
            !sender.isExactly(recipient)
        else {
            return nil
        }
        self.sender = sender
        self.recipient = recipient
    }

    /// Whether a message is from one of the two to the other, or of the relay to the sender.
    func concerns(_ message: Message) -> Bool {
        guard case .one(let target) = message.audience else { return false }
        guard let sender = message.sender else { return target.isExactly(self.sender) }
        if sender.isExactly(self.sender) { return target.isExactly(self.recipient) }
        return sender.isExactly(self.recipient) && target.isExactly(self.sender)
    }

    static func type(of message: Message) -> String? {
        try? RequestFields.decode(message.payload, names: ["type"]) { $0.text("type") }
    }
}

/// What of a `punch_coord` message is looked at again.
struct PunchTold {
    let peer: String
    let attempt: Int
    /// In milliseconds since 1970.
    let start: Int64
    /// Of the one who was told.
    let nat: NATClass

    init?(_ payload: ByteBuffer) {
        let names = ["type", "peer_id", "attempt", "start_ts_ms", "nat_type"]
        let told = try? RequestFields.decode(payload, names: names) { fields -> PunchTold? in
            guard fields.text("type") == PunchMeeting.type, let peer = fields.text("peer_id"),
                let attempt = fields.integer("attempt", in: 1...Int.max),
                let start = fields.integer("start_ts_ms", in: 0...Int.max)
            else { return nil }
            let nat = fields.text("nat_type").flatMap(NATClass.init) ?? .unknown
            return PunchTold(peer: peer, attempt: attempt, start: Int64(start), nat: nat)
        }
        guard let told else { return nil }
        self = told
    }

    private init(peer: String, attempt: Int, start: Int64, nat: NATClass) {
        self.peer = peer
        self.attempt = attempt
        self.start = start
        self.nat = nat
    }
}

/// What a peer says of an attempt that the relay has coordinated.
public struct PunchOutcome: Hashable, Sendable {
    public let session: SessionID
    public let reporter: PeerID
    public let other: PeerID
    public let result: PunchResult
    /// Whether the class of the reporter's NAT was not known before.
    public let hasNewNAT: Bool
    /// As the reporter says, or said when it asked.
    public let nat: NATClass
    /// In milliseconds.
    public let duration: Int64

    /// - Parameters:
    ///   - messages: of the punch topic, in their order; the last is the result.
    ///   - now: in milliseconds since 1970.
    /// - Returns: nil where the relay has coordinated no such attempt, or the peer has said before what came of it.
    init?(_ messages: [Message], in session: SessionID, at now: Int64) {
        guard let message = messages.last, let pair = PunchPair(message),
            let reporter = PeerID(pair.sender), let other = PeerID(pair.recipient),
            let result = try? PunchResult(message.payload)
        else { return nil }
        var told: PunchTold?
        for earlier in messages.dropLast() where pair.concerns(earlier) {
            if earlier.sender == nil {
                guard let found = PunchTold(earlier.payload), found.peer.isExactly(pair.recipient),
                    found.attempt == result.attempt
                else { continue }
                told = found
            } else if told != nil, earlier.sender.isExactly(pair.sender),
                PunchPair.type(of: earlier) == PunchResult.type,
                (try? PunchResult(earlier.payload))?.attempt == result.attempt
            {
                return nil
            }
        }
        guard let told else { return nil }
        self.session = session
        self.reporter = reporter
        self.other = other
        self.result = result
        self.hasNewNAT = told.nat == .unknown && result.nat != .unknown
        self.nat = result.nat == .unknown ? told.nat : result.nat
        self.duration = result.duration ?? max(0, now - told.start)
    }
}
