import Synchronization

/// Which peers have readers on this relay: what a kind with peers takes for their being there.
///
/// A connection's reader counts for as long as it reads, and a poll's from one look to the next. So a peer that polls again and again stays
/// there, and is told to have come once, not with each poll.
public final class PeerPresence: Sendable {
    private struct Peer {
        var readers = 0
        /// Whether it had a reader since it was looked at last.
        var isSeen = true
    }

    private struct State {
        var peers: [Deadline.Name: Peer] = [:]
        var arrivals: [Deadline.Name] = []
    }

    private let state = Mutex(State())
    private let signal: AsyncStream<Void>.Continuation

    /// Something comes whenever ``takeArrivals()`` has peers. For one listener.
    public let peersArrived: AsyncStream<Void>

    init() {
        (self.peersArrived, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Peers that were not there before, each named by the root of its topic and itself. They are told once.
    public func takeArrivals() -> [Deadline.Name] {
        self.state.withLock { state in
            defer { state.arrivals = [] }
            return state.arrivals
        }
    }

    /// The peers that have readers, or had since this was called last. Whoever is not among them is not there any more.
    public func takePresent() -> [Deadline.Name] {
        self.state.withLock { state in
            // Those that polled stay known until the next look: their next poll is no arrival.
            state.peers = state.peers.filter { $0.value.readers > 0 || $0.value.isSeen }
            for name in state.peers.keys { state.peers[name]?.isSeen = false }
            return Array(state.peers.keys)
        }
    }

    func came(_ name: Deadline.Name) {
        let isNew = self.state.withLock { state in
            let isNew = state.peers[name] == nil
            state.peers[name, default: Peer()].readers += 1
            state.peers[name]?.isSeen = true
            if isNew { state.arrivals.append(name) }
            return isNew
        }
        if isNew { self.signal.yield() }
    }

    func went(_ name: Deadline.Name) {
        self.state.withLock { $0.peers[name]?.readers -= 1 }
    }
}
