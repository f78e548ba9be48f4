import RelayCore
import RelayWire
import SeededRandom

@testable import RelayAccess

/// Loaders and changers of one user, stepped one at a time in an order that a seed decides.
///
/// The store's state is a version number, kept in the user's permissions, so it can be seen which state an account shows.
struct AccountInterleaving {
    private enum Process {
        case loader
        case changer
        /// A changer between its write and its announcement.
        case announcer(version: UInt8)
        case reading(mustShow: UInt8)
        /// Has read this version and has not yet told the table. Nil where the read failed.
        case holding(UInt8?, mustShow: UInt8)
        case waiting(mustShow: UInt8)
        case done
    }

    private static let id = UserID("u-1")

    private var generator: SeededGenerator
    private var table = AccountTable<Int>(maximumWaiting: 100)
    private var processes: [Process] = []
    private var version: UInt8 = 0
    private let failureRate: Int
    /// Held as sessions would, or not: then accounts come and go.
    private var held: Account?
    private let holdsAccounts: Bool
    private(set) var violations: [String] = []

    init(seed: UInt64, failureRate: Int) {
        self.generator = SeededGenerator(seed: seed)
        self.failureRate = failureRate
        self.holdsAccounts = seed.isMultiple(of: 4) ? false : true
        for _ in 0..<8 { self.processes.append(.loader) }
        for _ in 0..<5 { self.processes.append(.changer) }
    }

    /// Runs all processes to their ends.
    mutating func run() {
        var steps = 0
        while let next = self.runnable().randomElement(using: &self.generator) {
            self.step(next)
            steps += 1
            guard steps < 10_000 else { return self.violations.append("no end") }
        }
        for case .waiting in self.processes { self.violations.append("a waiter was forgotten") }
        let shown = self.table.settled(Self.id).map { $0.principal.permissions.rawValue }
        if let shown, shown != self.version { self.violations.append("shows \(shown), not \(self.version)") }
    }

    private func runnable() -> [Int] {
        self.processes.indices.filter { index in
            switch self.processes[index] {
            case .waiting, .done: false
            case .loader, .changer, .announcer, .reading, .holding: true
            }
        }
    }

    private mutating func step(_ index: Int) {
        switch self.processes[index] {
        case .loader: self.enter(index)
        case .changer:
            self.version += 1
            self.processes[index] = .announcer(version: self.version)
        case .announcer(let version): self.announce(index, version)
        case .reading(let mustShow):
            let fails = Int.random(in: 0..<100, using: &self.generator) < self.failureRate
            self.processes[index] = .holding(fails ? nil : self.version, mustShow: mustShow)
        case .holding(let read, let mustShow): self.tell(index, read, mustShow)
        case .waiting, .done: return
        }
    }

    private mutating func enter(_ index: Int) {
        switch self.table.enter(Self.id, waiter: index) {
        case .settled, .overloaded: self.processes[index] = .done
        case .load: self.processes[index] = .reading(mustShow: 0)
        case .wait: self.processes[index] = .waiting(mustShow: 0)
        }
    }

    private mutating func announce(_ index: Int, _ version: UInt8) {
        switch self.table.changed(Self.id, waiter: index) {
        case .nothing: self.processes[index] = .done
        case .load: self.processes[index] = .reading(mustShow: version)
        case .wait: self.processes[index] = .waiting(mustShow: version)
        }
    }

    private mutating func tell(_ index: Int, _ read: UInt8?, _ mustShow: UInt8) {
        let end: AccountTable<Int>.LoadEnd
        if let read {
            end = self.table.loadEnded(Self.id, with: Self.user(version: read))
        } else {
            end = self.table.loadFailed(Self.id, StoreError(.unavailable, "as the seed wants it"))
        }
        switch end {
        case .again: self.processes[index] = .reading(mustShow: mustShow)
        case .finished(let account, let waiters): self.finish([index] + waiters, showing: account)
        case .failed(let waiters, _): self.finish([index] + waiters, showing: self.table.settled(Self.id))
        }
    }

    /// Whoever announced a change may go on only when no older state can be seen.
    private mutating func finish(_ indices: [Int], showing account: Account?) {
        if self.holdsAccounts { self.held = account ?? self.held }
        for index in indices {
            if case .reading(let mustShow) = self.processes[index] { self.check(account, mustShow) }
            if case .holding(_, let mustShow) = self.processes[index] { self.check(account, mustShow) }
            if case .waiting(let mustShow) = self.processes[index] { self.check(account, mustShow) }
            self.processes[index] = .done
        }
    }

    private mutating func check(_ account: Account?, _ mustShow: UInt8) {
        guard let account, account.standing != .unknown else { return }
        let shown = account.principal.permissions.rawValue
        if shown < mustShow { self.violations.append("shows \(shown) after change \(mustShow)") }
        if let held = self.held, held !== account { self.violations.append("two live accounts") }
    }

    private static func user(version: UInt8) -> User {
        User(
            id: Self.id,
            username: "ada",
            createdAt: Timestamp(microseconds: 0),
            email: nil,
            permissions: Permissions(rawValue: version),
            passwordHash: nil
        )
    }
}
