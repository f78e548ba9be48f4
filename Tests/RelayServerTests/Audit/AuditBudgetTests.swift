import RelayCore
import Testing

@testable import RelayServer

/// How many records others than administrators may cause.
@Suite("Room in the audit log for those who are no administrators")
struct AuditBudgetTests {
    private static let minute: Int64 = 60_000_000
    private static let day = 1_440 * AuditBudgetTests.minute

    /// How many of so many, one each `step`, are kept.
    private static func kept(
        _ budget: inout AuditBudget,
        _ cause: AuditCause,
        _ count: Int,
        from start: Int64 = 0,
        step: Int64 = 0,
        of most: Int = 10_000
    ) -> Int {
        var kept = 0
        for index in 0..<count where budget.take(cause, at: start + Int64(index) * step, of: most) { kept += 1 }
        return kept
    }

    @Test("is so much for strangers in a minute, also where the clock is set back")
    func minutes() {
        var budget = AuditBudget()
        let first = Self.kept(&budget, .stranger, 100, step: 1_000)
        #expect(first == AuditBudget.strangersInMinute)
        let next = Self.kept(&budget, .stranger, 1, from: Self.minute)
        #expect(next == 1)
        let back = Self.kept(&budget, .stranger, 100, from: 5)
        #expect(back == AuditBudget.strangersInMinute)
    }

    @Test("lets no stranger fill the log, however patient")
    func days() {
        var budget = AuditBudget()
        let first = Self.kept(&budget, .stranger, 20_000, step: Self.day / 20_000)
        #expect(first == 10_000 / AuditBudget.strangersPart)
        let second = Self.kept(&budget, .stranger, 20_000, from: Self.day, step: Self.day / 20_000)
        #expect(second == first)
        var small = AuditBudget()
        let least = Self.kept(&small, .stranger, 100, of: 1)
        #expect(least == 1)
    }

    @Test("is so much for a user in an hour, for each apart, and a part of the log for all")
    func users() {
        var budget = AuditBudget()
        let one = Self.kept(&budget, .user(UserID("a")), 100)
        let other = Self.kept(&budget, .user(UserID("b")), 1)
        #expect(one == AuditBudget.userInHour && other == 1)
        let later = Self.kept(&budget, .user(UserID("a")), 100, from: 60 * Self.minute)
        #expect(later == AuditBudget.userInHour)
        var all = 0
        for index in 0..<1_000 { all += Self.kept(&budget, .user(UserID("u\(index)")), 10, from: 61 * Self.minute) }
        #expect(one + other + later + all == 10_000 / AuditBudget.usersPart)
    }

    @Test("is a tenth of that for one user in a day, however patient")
    func oneUser() {
        var budget = AuditBudget()
        let part = 10_000 / AuditBudget.usersPart
        let patient = Self.kept(&budget, .user(UserID("a")), 20_000, step: Self.day / 20_000)
        #expect(patient == part / AuditBudget.userPart)
        let next = Self.kept(&budget, .user(UserID("a")), 1, from: Self.day)
        #expect(next == 1)
        var small = AuditBudget()
        let least = Self.kept(&small, .user(UserID("a")), 100, of: 1)
        #expect(least == 1)
    }

    @Test("is kept for administrators' sign-ins, however much users and other administrators cause")
    func administratorSignIns() {
        var budget = AuditBudget()
        let part = 10_000 / AuditBudget.usersPart
        var ofUsers = 0
        for index in 0..<1_000 { ofUsers += Self.kept(&budget, .user(UserID("u\(index)")), 10) }
        #expect(ofUsers == part)
        let busy = Self.kept(&budget, .administratorSignIn(UserID("a")), 100)
        #expect(busy == AuditBudget.userInHour)
        let other = Self.kept(&budget, .administratorSignIn(UserID("b")), 1)
        #expect(other == 1)
        var all = busy + other
        for index in 0..<1_000 { all += Self.kept(&budget, .administratorSignIn(UserID("c\(index)")), 10) }
        #expect(all == part)
    }

    @Test("leaves what administrators do alone")
    func administrators() {
        var budget = AuditBudget()
        _ = Self.kept(&budget, .stranger, 10_000)
        let kept = Self.kept(&budget, .administrator, 10_000)
        #expect(kept == 10_000)
    }
}
