import NIOCore

/// When changes are told that come one after another: once it has been quiet for a while, and at the latest a longer while after the first.
/// Pure: time comes in with each call.
struct ChangePauses<Name: Hashable> {
    private struct Pause {
        let first: NIODeadline
        var last: NIODeadline
    }

    /// As Hocuspocus does.
    static var quiet: TimeAmount { .seconds(2) }
    static var longest: TimeAmount { .seconds(10) }
    /// Beyond so many the earliest is told at once.
    static var maxPauses: Int { 10_000 }

    private var pauses: [Name: Pause] = [:]

    var count: Int { self.pauses.count }

    mutating func changed(_ name: Name, at now: NIODeadline) {
        self.pauses[name] = Pause(first: self.pauses[name]?.first ?? now, last: now)
    }

    /// What is to be told now, and is forgotten here.
    ///
    /// - Parameter all: whether nothing may wait any more.
    mutating func due(at now: NIODeadline, all: Bool = false) -> [Name] {
        var due = self.pauses.filter { _, pause in
            all || now - pause.last >= Self.quiet || now - pause.first >= Self.longest
        }.map(\.key)
        for name in due { self.pauses[name] = nil }
        let excess = self.pauses.count - Self.maxPauses
        if excess > 0 {
            let earliest = self.pauses.sorted { $0.value.first < $1.value.first }.prefix(excess).map(\.key)
            for name in earliest { self.pauses[name] = nil }
            due += earliest
        }
        return due
    }
}
