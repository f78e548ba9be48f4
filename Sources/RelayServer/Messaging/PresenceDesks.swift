import NIOCore
import RelayCore
import RelayPresence
import Synchronization

/// What the desks of all connections share: who is on which topic, and on which topics there is presence at this relay. There is where a client has
/// a seat, whatever for.
final class PresenceDesks: Sendable {
    let service: PresenceService
    /// Seats, by topic.
    private let seats = Mutex<[TopicKey: Int]>([:])
    private let observers = Mutex<[@Sendable (TopicKey) -> Void]>([])

    /// Guests that may be connected at once.
    private let guests: Int

    init(_ service: PresenceService, guests: Int) {
        self.service = service
        self.guests = guests
    }

    /// The topics on which a guest's connection may be a member. Guests are one user: none of them can take what another has a right to.
    var maxTopicsOfGuest: Int { max(1, self.service.settings.maxMembersPerUser / max(1, self.guests)) }

    /// Who is on a topic, from the store, so that it has what the relay has acknowledged before. Nobody is on one that does not exist, which
    /// everybody may wait for.
    ///
    /// - Returns: nil where the topic does not exist.
    func roster(of topic: TopicKey, as principal: Principal) async -> Result<PresenceRoster?, PresenceFailure> {
        do throws(PresenceFailure) {
            return .success(try await self.service.roster(of: topic, as: principal))
        } catch .broker(.missing) {
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }

    /// Whether there is presence on a topic at this relay.
    func isInUse(_ topic: TopicKey) -> Bool { self.seats.withLock { $0[topic] != nil } }

    /// Has somebody told of each topic on which there is presence from now on. Who looks at ``isInUse(_:)`` and is told as well misses none.
    ///
    /// - Parameter body: called on any loop.
    func observe(_ body: @escaping @Sendable (TopicKey) -> Void) { self.observers.withLock { $0.append(body) } }

    func took(_ topic: TopicKey) {
        let isFirst = self.seats.withLock { seats in
            seats[topic, default: 0] += 1
            return seats[topic] == 1
        }
        guard isFirst else { return }
        for observer in self.observers.withLock({ $0 }) { observer(topic) }
    }

    func gaveUp(_ topic: TopicKey) {
        self.seats.withLock { seats in
            let left = seats[topic, default: 0] - 1
            seats[topic] = left > 0 ? left : nil
        }
    }
}
