import HeapModule
public import RelayCore
public import RelayWire
import Synchronization

/// The deadlines of one relay, in memory: for stores that only one relay writes. They are set anew when it starts, from what is stored.
public final class DeadlineTable: DeadlineStore {
    fileprivate struct State {
        var times: [Deadline.Name: Timestamp] = [:]
        /// By time. What was set anew or removed meanwhile is passed over.
        var order = Heap<Entry>()
        /// Entries of the heap that are in force no more.
        var stale = 0
    }

    fileprivate struct Entry: Comparable {
        let at: Timestamp
        let name: Deadline.Name

        static func < (left: Entry, right: Entry) -> Bool { left.at < right.at }
    }

    private let state = Mutex(State())

    public init() {}

    public var count: Int { self.state.withLock { $0.times.count } }

    public func setDeadlines(_ deadlines: [Deadline]) async {
        self.state.withLock { state in
            for deadline in deadlines { state.set(deadline.name, deadline.at) }
        }
    }

    public func addDeadlines(_ deadlines: [Deadline]) async {
        self.state.withLock { state in
            for deadline in deadlines where state.times[deadline.name] == nil { state.set(deadline.name, deadline.at) }
        }
    }

    public func removeDeadlines(_ names: [Deadline.Name]) async {
        self.state.withLock { state in
            for name in names where state.times.removeValue(forKey: name) != nil { state.drop() }
        }
    }

    public func dueDeadlines(at now: Timestamp, limit: Int) async -> [Deadline] {
        self.state.withLock { state in
            var due: [Deadline] = []
            while due.count < limit, let first = state.order.min, first.at <= now {
                _ = state.order.popMin()
                guard state.times[first.name] == first.at else {
                    state.stale -= 1
                    continue
                }
                state.times[first.name] = nil
                due.append(Deadline(name: first.name, at: first.at))
            }
            for deadline in due { state.set(deadline.name, now.adding(seconds: Self.claimSeconds)) }
            return due
        }
    }
}

extension DeadlineTable.State {
    fileprivate mutating func set(_ name: Deadline.Name, _ at: Timestamp) {
        guard self.times[name] != at else { return }
        if self.times.updateValue(at, forKey: name) != nil { self.drop() }
        self.order.insert(DeadlineTable.Entry(at: at, name: name))
    }

    /// An entry of the heap has ceased to count. Where most have, it is built anew.
    fileprivate mutating func drop() {
        self.stale += 1
        guard self.stale > 64, self.stale > self.times.count else { return }
        self.order = Heap(self.times.map { DeadlineTable.Entry(at: $0.value, name: $0.key) })
        self.stale = 0
    }
}
