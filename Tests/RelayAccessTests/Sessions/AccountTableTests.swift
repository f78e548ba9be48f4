import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct AccountTableTests {
    private static let failure = StoreError(.unavailable, "down")

    private func user(_ name: String, isActive: Bool = true) -> User {
        User(
            id: UserID(name),
            username: name,
            createdAt: Timestamp(microseconds: 0),
            email: nil,
            isActive: isActive,
            permissions: [.read],
            passwordHash: nil
        )
    }

    @Test("Whatever the order of loads and changes, nobody sees a state older than an announced change")
    func interleavings() {
        for seed in 0..<3000 {
            var interleaving = AccountInterleaving(seed: UInt64(seed), failureRate: seed.isMultiple(of: 2) ? 0 : 20)
            interleaving.run()
            #expect(interleaving.violations == [], "seed \(seed)")
        }
    }

    @Test("A load that began before a change is done again")
    func staleLoad() throws {
        var table = AccountTable<Int>(maximumWaiting: 10)
        guard case .load = table.enter(UserID("a"), waiter: 1) else { throw Unexpected() }
        guard case .wait = table.changed(UserID("a"), waiter: 2) else { throw Unexpected() }
        guard case .again = table.loadEnded(UserID("a"), with: self.user("a")) else { throw Unexpected() }
        guard
            case .finished(let account?, let waiters) = table.loadEnded(
                UserID("a"),
                with: self.user("a", isActive: false)
            )
        else { throw Unexpected() }
        #expect(account.standing == .inactive)
        #expect(waiters == [2])
    }

    @Test("A change of a user whom nobody uses costs nothing")
    func unusedUser() throws {
        var table = AccountTable<Int>(maximumWaiting: 10)
        guard case .nothing = table.changed(UserID("a"), waiter: 1) else { throw Unexpected() }
    }

    @Test("A live account is changed in place, also by deletion")
    func inPlace() throws {
        var table = AccountTable<Int>(maximumWaiting: 10)
        guard case .load = table.enter(UserID("a"), waiter: 1),
            case .finished(let account?, _) = table.loadEnded(UserID("a"), with: self.user("a")),
            case .load = table.changed(UserID("a"), waiter: 2),
            case .finished(let same?, _) = table.loadEnded(UserID("a"), with: nil)
        else { throw Unexpected() }
        #expect(account === same)
        #expect(account.standing == .deleted)
        #expect(account.principal.permissions == [])
    }

    @Test("A failed reading after a change leaves nothing allowed, and the next to ask reads again")
    func failedReload() throws {
        var table = AccountTable<Int>(maximumWaiting: 10)
        guard case .load = table.enter(UserID("a"), waiter: 1),
            case .finished(let account?, _) = table.loadEnded(UserID("a"), with: self.user("a")),
            case .load = table.changed(UserID("a"), waiter: 2),
            case .failed(let waiters, Self.failure) = table.loadFailed(UserID("a"), Self.failure)
        else { throw Unexpected() }
        #expect(waiters.isEmpty)
        #expect(account.standing == .unknown)
        guard case .load = table.enter(UserID("a"), waiter: 3),
            case .finished(let same?, _) = table.loadEnded(UserID("a"), with: self.user("a"))
        else { throw Unexpected() }
        #expect(same === account)
        #expect(account.standing == .active)
    }

    @Test(
        "A failed reading after a change that is only suspected leaves all as it was, unless one was told meanwhile",
        arguments: [(false, Account.Standing.active), (true, .unknown)]
    )
    func suspected(isToldMeanwhile: Bool, standing: Account.Standing) throws {
        var table = AccountTable<Int>(maximumWaiting: 10)
        guard case .load = table.enter(UserID("a"), waiter: 1),
            case .finished(let account?, _) = table.loadEnded(UserID("a"), with: self.user("a")),
            case .load = table.changed(UserID("a"), isCertain: false, waiter: 2)
        else { throw Unexpected() }
        if isToldMeanwhile {
            guard case .wait = table.changed(UserID("a"), waiter: 3) else { throw Unexpected() }
        }
        guard case .failed = table.loadFailed(UserID("a"), Self.failure) else { throw Unexpected() }
        #expect(account.standing == standing)
    }

    @Test("Beyond the bound callers are refused, changes never, and room comes back")
    func bound() throws {
        var table = AccountTable<Int>(maximumWaiting: 2)
        guard case .load = table.enter(UserID("a"), waiter: 1),
            case .wait = table.enter(UserID("a"), waiter: 2),
            case .overloaded = table.enter(UserID("a"), waiter: 3),
            case .overloaded = table.enter(UserID("b"), waiter: 4),
            case .wait = table.changed(UserID("a"), waiter: 5),
            case .again = table.loadEnded(UserID("a"), with: nil),
            case .finished(nil, let waiters) = table.loadEnded(UserID("a"), with: nil)
        else { throw Unexpected() }
        #expect(waiters == [2, 5])
        guard case .load = table.enter(UserID("b"), waiter: 6), case .wait = table.enter(UserID("b"), waiter: 7)
        else { throw Unexpected() }
    }

    struct Unexpected: Error {}
}
