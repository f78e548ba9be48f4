import RelayCore

/// Who causes a record.
enum AuditCause: Hashable, Sendable {
    /// The relay, or an administrator's act.
    case administrator
    /// An administrator by a sign-in, which programs do as often as they like.
    case administratorSignIn(UserID)
    /// A user by anything else.
    case user(UserID)
    /// Somebody who is not signed in.
    case stranger
}

/// How many records are kept of those that others than administrators cause: they must not push what administrators did out of the log. Those
/// beyond are lines of the log alone.
struct AuditBudget {
    /// Of all strangers, in a minute.
    static let strangersInMinute = 30
    /// Of one user, in an hour.
    static let userInHour = 60
    /// One user may cause one of so many parts of what all users may in a day.
    static let userPart = 10
    /// All strangers together may cause one of so many parts of the log in a day.
    static let strangersPart = 20
    /// All users together may cause one of so many parts of the log in a day. All sign-ins of administrators may cause as many, apart from that.
    static let usersPart = 4
    /// Users whose records are counted one by one. For users beyond these only the day's limit for all holds.
    static let mostUsers = 10_000

    /// A span of time that begins with its first record, and what was counted in it. Where the clock is set back, a new one begins.
    private struct Window {
        let span: Int64
        private var began: Int64?
        var count = 0

        init(seconds: Int64) {
            self.span = seconds * 1_000_000
        }

        /// - Returns: whether a new one has begun.
        mutating func open(at now: Int64) -> Bool {
            if let began = self.began, began <= now, now - began < self.span { return false }
            (self.began, self.count) = (now, 0)
            return true
        }
    }

    /// What all users cause, and each of them.
    private struct Users {
        private var all = 0
        private var inHour: [UserID: Int] = [:]
        private var inDay: [UserID: Int] = [:]

        mutating func beginHour() { self.inHour = [:] }

        mutating func beginDay() { (self.all, self.inDay) = (0, [:]) }

        /// - Parameter most: of all, in a day.
        mutating func take(_ user: UserID, of most: Int) -> Bool {
            guard self.all < most, self.inHour[user] ?? 0 < AuditBudget.userInHour,
                self.inDay[user] ?? 0 < max(1, most / AuditBudget.userPart)
            else { return false }
            Self.count(user, &self.inHour)
            Self.count(user, &self.inDay)
            self.all += 1
            return true
        }

        private static func count(_ user: UserID, _ counts: inout [UserID: Int]) {
            let count = counts[user] ?? 0
            if count > 0 || counts.count < AuditBudget.mostUsers { counts[user] = count + 1 }
        }
    }

    private var minute = Window(seconds: 60)
    private var hour = Window(seconds: 3_600)
    private var day = Window(seconds: 86_400)
    private var users = Users()
    private var administratorSignIns = Users()

    /// - Parameters:
    ///   - now: microseconds.
    ///   - most: records that the log keeps.
    /// - Returns: whether one more is kept.
    mutating func take(_ cause: AuditCause, at now: Int64, of most: Int) -> Bool {
        _ = self.minute.open(at: now)
        if self.hour.open(at: now) {
            self.users.beginHour()
            self.administratorSignIns.beginHour()
        }
        if self.day.open(at: now) {
            self.users.beginDay()
            self.administratorSignIns.beginDay()
        }
        let ofUsers = max(1, most / Self.usersPart)
        switch cause {
        case .administrator: return true
        case .stranger: return self.takeStranger(of: most)
        case .administratorSignIn(let user): return self.administratorSignIns.take(user, of: ofUsers)
        case .user(let user): return self.users.take(user, of: ofUsers)
        }
    }

    private mutating func takeStranger(of most: Int) -> Bool {
        guard self.minute.count < Self.strangersInMinute, self.day.count < max(1, most / Self.strangersPart) else {
            return false
        }
        self.minute.count += 1
        self.day.count += 1
        return true
    }
}
