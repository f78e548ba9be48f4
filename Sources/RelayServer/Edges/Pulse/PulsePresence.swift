import NIOCore
import RelayCore
import RelayPresence
import RelayWire

/// A client's request about who is on a channel.
struct PulsePresenceRequest {
    let id: UInt64
    let channel: String
    let action: PulsePresenceAction
    let data: ByteBuffer?
    /// When it came.
    let start: NIODeadline
}

/// In which channels there is presence, and from when on a subscription has a seat at it: a seat costs as much as a subscription.
final class PulsePresence: Sendable {
    let desks: PresenceDesks
    private let scope: RelayConfiguration.Pulse.PresenceScope

    /// - Parameter loops: of the relay: its subscriptions are told where presence begins in their channels.
    init(_ desks: PresenceDesks, scope: RelayConfiguration.Pulse.PresenceScope, broker: Broker, loops: DeliveryLoops) {
        self.desks = desks
        self.scope = scope
        guard scope == .all else { return }
        desks.observe { topic in
            guard let topic = broker.residentTopic(topic) else { return }
            for loop in loops.all { loop.eventLoop.execute { Self.presenceBegan(on: topic, loop) } }
        }
    }

    private static func presenceBegan(on topic: Topic, _ loop: DeliveryLoop) {
        for sink in loop.current?.readers.sinks(of: topic) ?? [] {
            (sink as? PulseMember)?.presenceBegan(on: topic.key)
        }
    }

    func isEnabled(in channel: String) -> Bool {
        switch self.scope {
        case .all: true
        case .named: PulseChannel.wantsPresence(channel)
        case .off: false
        }
    }

    /// Whether a subscription has a seat from its beginning: where its channel's name asks for that, and where somebody else has one.
    func isWanted(in channel: String, _ topic: TopicKey) -> Bool {
        self.isEnabled(in: channel) && (PulseChannel.wantsPresence(channel) || self.desks.isInUse(topic))
    }
}

/// The seats of a client at its channels' presence, and which of them are new. Made with the first, lives on the connection's loop.
final class PulseSeats {
    let desk: PresenceDesk
    /// Of seats that have not begun: what waits for that.
    private var beginnings: [ObjectIdentifier: Beginning] = [:]
    /// Of topics at whose presence a seat is being taken: what waits for it.
    private var sittings: [TopicKey: [(Result<PresenceSeat, PulseFailure>) -> Void]] = [:]

    private typealias Beginning = (Result<PresenceHandout, PulseFailure>) -> Void

    init(_ desk: PresenceDesk) {
        self.desk = desk
    }

    /// Takes a seat, or waits for one that is being taken.
    ///
    /// - Parameters:
    ///   - begin: of a seat that is taken for this: gets its first hand-out, or what has kept it from that.
    ///   - body: gets the seat.
    func sit(
        at topic: TopicKey,
        beginning begin: @escaping (Result<PresenceHandout, PulseFailure>) -> Void,
        then body: @escaping (Result<PresenceSeat, PulseFailure>) -> Void
    ) {
        if let seat = self.desk.seat(at: topic) { return body(.success(seat)) }
        self.sittings[topic, default: []].append(body)
        guard self.sittings[topic]?.count == 1 else { return }
        self.desk.sit(at: [PresenceDesk.Place(topic: topic)], isWatching: true) { result in
            let waiting = self.sittings.removeValue(forKey: topic) ?? []
            switch result {
            case .success(let seats):
                guard let seat = seats.first else { return }
                self.beginnings[ObjectIdentifier(seat)] = begin
                for body in waiting { body(.success(seat)) }
                self.desk.show(seat)
            case .failure(let refusal):
                begin(.failure(PulseFailure(refusal)))
                for body in waiting { body(.failure(PulseFailure(refusal))) }
            }
        }
    }

    /// A hand-out has come.
    ///
    /// - Returns: whether it was the seat's first.
    func took(_ handout: PresenceHandout, at seat: PresenceSeat) -> Bool {
        guard let begin = self.beginnings.removeValue(forKey: ObjectIdentifier(seat)) else { return false }
        begin(.success(handout))
        return true
    }

    /// A seat has ended, or is about to.
    func ended(_ seat: PresenceSeat, _ failure: PulseFailure) {
        self.beginnings.removeValue(forKey: ObjectIdentifier(seat))?(.failure(failure))
    }

    func close() {
        self.beginnings = [:]
        self.sittings = [:]
        self.desk.close()
    }
}

/// Hand-outs as binary frames: one for each member that has changed, or one with all who are there.
enum PulsePresenceBatch: PresencePieceFormat {
    static func encode(_ handout: PresenceHandout) -> ByteBuffer {
        switch handout.content {
        case .sync(let members): self.encode(members, on: handout.topic)
        case .changes(let changes): self.encode(changes, on: handout.topic).bytes
        }
    }

    private static func encode(_ members: [PresenceMember], on topic: TopicName) -> ByteBuffer {
        let states = members.map(PulsePresenceState.init)
        let frame = PulseServerFrame.presenceSync(id: 0, channel: self.channel(topic), states)
        if frame.fits { return PulseBatch.frame(frame) }
        // Too many for a frame: each by itself, as if it came now.
        return self.encode(members.map { .join($0) }, on: topic).bytes
    }

    static func encode(_ changes: [PresenceChange], on topic: TopicName) -> (bytes: ByteBuffer, ends: [Int]) {
        let channel = self.channel(topic)
        return PulseBatch.pieces(
            changes.map { .presence(channel: channel, $0.kind, PulsePresenceState($0.member)) }
        )
    }

    /// Only plain topics have presence, and each of these is a channel.
    private static func channel(_ topic: TopicName) -> String {
        PulseChannel.channel(ofTopic: topic.rawValue) ?? topic.rawValue
    }
}

extension PulseServerFrame {
    /// Whether it is no longer than a frame may be.
    var fits: Bool { self.size <= PulseFraming.prefixSize + PulseFraming.maximumFrame }
}

extension PresenceChange {
    fileprivate var kind: PulsePresenceChange {
        switch self {
        case .join: .joined
        case .update: .updated
        case .leave: .left
        }
    }
}

extension PulsePresenceState {
    init(_ member: PresenceMember) {
        self.init(
            connectionID: member.connection.rawValue,
            data: member.data,
            joinedAt: member.joinedAt.milliseconds,
            lastSeen: member.lastSeen.milliseconds
        )
    }
}
