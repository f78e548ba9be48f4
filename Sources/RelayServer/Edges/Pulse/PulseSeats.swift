import RelayCore
import RelayPresence
import RelayWire

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
