import NIOCore
import RelayCore
import Synchronization

/// How far a webhook has looked through the topics of its prefix, and when it goes on: all are looked through again and again, some pages a turn.
/// Pure: time comes in with each call.
struct TopicSearch {
    /// Topics in one look at the store.
    static let pageSize = 200
    static let pagesPerTurn = 5
    /// From the end of a turn to the next.
    static let shortestRest = TimeAmount.seconds(2)

    /// After which topic the next page begins; nil for the first page.
    private(set) var place: TopicKey?
    /// Topics that there was no room for, since the first page.
    private var leftOut = 0
    private var nextTurn = NIODeadline.distantPast
    /// The one that it waits for, or whose turn is under way.
    private(set) var appointment: SearchAppointment?

    /// - Parameter appoint: says when there is time for a turn.
    /// - Returns: the appointment whose turn is to begin now, if there is one.
    mutating func due(at now: NIODeadline, _ appoint: () -> SearchAppointment) -> SearchAppointment? {
        guard self.nextTurn <= now else { return nil }
        let appointment = self.appointment ?? appoint()
        (self.appointment, self.nextTurn) = (appointment, appointment.beginning)
        return self.nextTurn <= now ? appointment : nil
    }

    /// - Parameters:
    ///   - leftOut: topics of the page that there was no room for.
    ///   - next: after which topic the next page begins; nil where it was the last.
    /// - Returns: how many topics there is no room for, once all were looked through. Of very many not all are counted: the search begins anew
    ///   then. Nil where it is to go on.
    mutating func finishedPage(leftOut: Int, next: TopicKey?) -> Int? {
        self.leftOut += leftOut
        self.place = next
        guard next == nil || self.leftOut >= Self.pageSize else { return nil }
        defer { (self.place, self.leftOut) = (nil, 0) }
        return self.leftOut
    }

    mutating func finishedTurn(at now: NIODeadline) {
        self.nextTurn = now + Self.shortestRest
        self.appointment = nil
    }
}

/// A time for a turn.
struct SearchAppointment: Equatable {
    let beginning: NIODeadline
    /// By how much it has put off the appointments after it.
    let charge: TimeAmount
}

/// When there is time to look for topics: for all webhooks of a relay one after another, with rests between, in which the store is others'. Pure:
/// time comes in with each call.
struct SearchTimes {
    /// A turn is followed by a rest of so many times its length.
    static let restFactor: Int64 = 50
    /// What a turn counts as, however long it was: one that takes longer waits for something else than its own work.
    static let longestTurn = TimeAmount.milliseconds(50)
    /// From an appointment to its turn, however many wait. With so many the rests are shorter.
    static let longestWait = TimeAmount.seconds(30)

    /// When the turns that are appointed, and their rests, are over, as far as that can be said.
    private var free = NIODeadline.distantPast
    /// How long turns take, the newer ones more than the older.
    private var usual = TimeAmount.milliseconds(1)

    mutating func appoint(at now: NIODeadline) -> SearchAppointment {
        let soonest = max(now, self.free)
        let beginning = min(soonest, now + Self.longestWait)
        self.free = max(soonest, beginning + Self.span(of: self.usual))
        return SearchAppointment(beginning: beginning, charge: self.free - soonest)
    }

    /// Takes note of a turn that has come to its end. One that has failed is not to be told of: it says nothing of how long turns take.
    ///
    /// - Parameter turn: how long it took.
    mutating func finished(after turn: TimeAmount, _ appointment: SearchAppointment) {
        let turn = min(turn, Self.longestTurn)
        // What it was charged was a guess, made by what was usual then.
        self.move(by: Self.span(of: turn) - appointment.charge)
        // Nobody waits for longer, and nobody is to wait for those who have gone meanwhile.
        self.free = min(self.free, appointment.beginning + Self.longestWait)
        self.usual = .nanoseconds((7 * self.usual.nanoseconds + turn.nanoseconds) / 8)
    }

    /// The turn will not be.
    mutating func giveBack(_ appointment: SearchAppointment) { self.move(by: TimeAmount.zero - appointment.charge) }

    private mutating func move(by change: TimeAmount) {
        let (free, size) = (self.free.uptimeNanoseconds, change.nanoseconds.magnitude)
        self.free = .uptimeNanoseconds(change < .zero ? free - min(free, size) : free + size)
    }

    /// Of a turn and its rest.
    private static func span(of turn: TimeAmount) -> TimeAmount {
        .nanoseconds((1 + self.restFactor) * turn.nanoseconds)
    }
}

/// Owner of a relay's ``SearchTimes``: its lock.
final class SearchTurns: Sendable {
    private let times = Mutex(SearchTimes())

    func appoint(at now: NIODeadline) -> SearchAppointment { self.times.withLock { $0.appoint(at: now) } }

    func finished(after turn: TimeAmount, _ appointment: SearchAppointment) {
        self.times.withLock { $0.finished(after: turn, appointment) }
    }

    func giveBack(_ appointment: SearchAppointment) { self.times.withLock { $0.giveBack(appointment) } }
}
