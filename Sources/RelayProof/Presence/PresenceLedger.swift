import RelayClient

/// What the members of a run's topic said of themselves, what each was told of the others, and whether that fits. Knows no network and no clock.
struct PresenceLedger: Sendable {
    /// A member as it knows itself to be.
    private enum Standing: Sendable {
        /// Without a connection, or with one by which it is not there.
        case away
        /// It has asked to be there, and was not answered.
        case asking
        /// It is there: the relay has said so.
        case there(connection: String, word: String)
    }

    private struct Member: Sendable {
        var standing = Standing.away
        /// What it was told by its connection; nil before it was told anything by that.
        var view: [String: String]?
        /// Updates that have no answer, by the name of their request.
        var updates: [String: String] = [:]
    }

    let topic: String
    private var members: [Member]
    /// Connections that broke, and until when the relay may still show them.
    private var broken: [String: Int64] = [:]
    /// Until when it may show connections whose names nobody knows: they broke before they were named.
    private var unnamedUntil: Int64 = .min
    private(set) var counts = MemberCounts()
    private(set) var faults: [Fault: Int] = [:]
    /// The first faults, in words.
    private(set) var samples: [String] = []

    private static let maxSamples = 20

    init(topic: String, memberCount: Int) {
        self.topic = topic
        self.members = Array(repeating: Member(), count: memberCount)
    }

    private mutating func found(_ fault: Fault, _ words: String) {
        self.faults[fault, default: 0] += 1
        if self.samples.count < Self.maxSamples { self.samples.append("\(self.topic): \(words)") }
    }

    // MARK: Coming, speaking and going

    /// Call before the first attempt.
    mutating func asks(_ number: Int) { self.members[number].standing = .asking }

    mutating func joined(_ number: Int, by connection: String, saying word: String) {
        self.counts.joins += 1
        self.members[number].standing = .there(connection: connection, word: word)
    }

    mutating func updates(_ number: Int, request: String, to word: String) {
        self.members[number].updates[request] = word
    }

    mutating func updated(_ number: Int, request: String) {
        guard let word = self.members[number].updates.removeValue(forKey: request),
            case .there(let connection, _) = self.members[number].standing
        else { return }
        self.counts.updates += 1
        self.members[number].standing = .there(connection: connection, word: word)
    }

    /// The relay did not do what was asked for.
    mutating func refused(_ number: Int, request: String) { self.members[number].updates[request] = nil }

    /// The relay has said that it is not there any more.
    mutating func left(_ number: Int) {
        self.counts.leaves += 1
        self.members[number] = Member()
    }

    /// Its connection has ended, by its own will or not.
    ///
    /// - Parameter limit: until when the relay may not have noticed.
    mutating func disconnected(_ number: Int, until limit: Int64) {
        switch self.members[number].standing {
        case .away: break
        case .asking: self.unnamedUntil = max(self.unnamedUntil, limit)
        case .there(let connection, _):
            self.counts.breaks += 1
            self.broken[connection] = limit
        }
        self.members[number] = Member()
    }

    // MARK: Being told

    /// A member was told who is there, or what has changed. Each report has to go on from the one before.
    mutating func told(_ number: Int, _ report: TopicPresence) {
        self.counts.reports += 1
        guard report.topic == self.topic else { return self.found(.foreign, "\(number) was told of \(report.topic)") }
        switch report.content {
        case .all(let all):
            self.counts.syncs += 1
            let view = Dictionary(all.map { ($0.connectionID, $0.data.text) }) { first, _ in first }
            if view.count < all.count { self.found(.toldTwice, "\(number) was told of a member twice in one report") }
            self.members[number].view = view
        case .changes(let joined, let updated, let left): self.told(number, joined, updated, left)
        }
        let count = self.members[number].view?.count ?? 0
        if report.connections != count {
            self.found(.untold, "\(number) knows \(count), and there are said to be \(report.connections)")
        }
    }

    private mutating func told(
        _ number: Int,
        _ joined: [TopicPresence.Member],
        _ updated: [TopicPresence.Member],
        _ left: [String]
    ) {
        guard var view = self.members[number].view else {
            return self.found(.untold, "\(number) was told of changes before it knew who was there")
        }
        for member in joined where view.updateValue(member.data.text, forKey: member.connectionID) != nil {
            self.found(.toldTwice, "\(number) was told that \(member.connectionID) has come, which was there")
        }
        for member in updated where view.updateValue(member.data.text, forKey: member.connectionID) == nil {
            self.found(.untold, "\(number) was told of an update by \(member.connectionID), which was not there")
        }
        for connection in left where view.removeValue(forKey: connection) == nil {
            self.found(.toldTwice, "\(number) was told that \(connection) has left, which was not there")
        }
        self.members[number].view = view
    }

    // MARK: In the end

    /// Who is there, as the members know of themselves; nil while one of them is not, or has asked for something.
    private var present: [String: String]? {
        var present: [String: String] = [:]
        for member in self.members {
            guard case .there(let connection, let word) = member.standing, member.updates.isEmpty else { return nil }
            present[connection] = word
        }
        return present
    }

    /// Whether all are there, and each knows that.
    var isSettled: Bool {
        guard let present = self.present else { return false }
        return self.members.allSatisfy { $0.view == present }
    }

    /// Compares what each was told, and what nodes say when they are asked, with who is there.
    ///
    /// - Parameter rosters: of each node; nil where it could not be asked.
    mutating func close(rosters: [[TopicPresence.Member]?], at time: Int64) {
        guard let present = self.present else { return self.counts.isJudged = false }
        self.counts.isJudged = true
        for (number, member) in self.members.enumerated() {
            self.compare("member \(number)", member.view ?? [:], present, time)
        }
        for (node, roster) in rosters.enumerated() {
            guard let roster else { continue }
            let shown = Dictionary(roster.map { ($0.connectionID, $0.data.text) }) { first, _ in first }
            self.compare("node \(node)", shown, present, time)
        }
    }

    private mutating func compare(
        _ name: String,
        _ shown: [String: String],
        _ present: [String: String],
        _ time: Int64
    ) {
        for (connection, word) in present where shown[connection] != word {
            self.found(.absent, "\(name) shows \(shown[connection] ?? "nothing") of \(connection), which says \(word)")
        }
        for connection in shown.keys where present[connection] == nil && !self.isExcused(connection, at: time) {
            self.found(.ghost, "\(name) shows \(connection), which is gone")
        }
    }

    private func isExcused(_ connection: String, at time: Int64) -> Bool {
        (self.broken[connection] ?? self.unnamedUntil) > time
    }
}

/// What the members of a run's topic did.
public struct MemberCounts: Sendable, Hashable {
    /// Acknowledged.
    public internal(set) var joins = 0
    /// Acknowledged.
    public internal(set) var updates = 0
    /// Acknowledged.
    public internal(set) var leaves = 0
    /// Memberships that ended with their connection.
    public internal(set) var breaks = 0
    /// What they were told.
    public internal(set) var reports = 0
    /// Of these, those that told of all who were there.
    public internal(set) var syncs = 0
    /// Whether all were there in the end, so that it could be seen whether each was told of the others.
    public internal(set) var isJudged = false

    public init() {}
}
