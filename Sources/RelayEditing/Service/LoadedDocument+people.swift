public import NIOCore
public import RelayCore
public import RelayDocuments
import Synchronization

/// Who is connected, and who is present.
extension LoadedDocument {
    /// As ``DocumentPlaces/enter(_:within:)``.
    func enter(_ holder: String?) throws(DocumentRefusal) -> UInt64 {
        try self.state.withLock { state throws(DocumentRefusal) in
            try state.places.enter(holder, within: self.settings)
        }
    }

    /// - Returns: what others are told, and the count of idle times where nobody is left.
    func leave(_ connection: UInt64) -> (removals: [AwarenessEntry], idle: Int?) {
        self.state.withLock { state in
            let removals = state.awareness.connectionClosed(connection)
            self.chargeAwareness(&state)
            guard state.places.leave(connection), state.places.isEmpty else { return (removals, nil) }
            // It can be made anew.
            state.content.forgetEncoding()
            state.idleCount += 1
            return (removals, state.idleCount)
        }
    }

    /// Whether nobody has come since that count.
    func isIdle(since idle: Int) -> Bool {
        self.state.withLock { $0.places.isEmpty && $0.idleCount == idle }
    }

    /// Whether nobody is connected.
    var isUnused: Bool { self.state.withLock { $0.places.isEmpty } }

    /// Where a reader of the awareness topic begins that gets ``present`` later: nobody is missed who came in between.
    public var awarenessCursor: Cursor { self.state.withLock { $0.awarenessLog.cursor } }

    /// Entries of all who are present.
    public var present: [AwarenessEntry] { self.state.withLock { $0.awareness.states } }

    /// What comes of a client's awareness update: for all, and for the client alone.
    ///
    /// - Parameters:
    ///   - connection: of the ``DocumentUse``.
    ///   - user: whose it is.
    public func receive(
        _ update: AwarenessUpdate,
        from connection: UInt64,
        user: String,
        at now: NIODeadline
    ) -> AwarenessOutcome {
        self.state.withLock { state in
            defer { self.chargeAwareness(&state) }
            return state.awareness.receive(update, from: connection, user: user, now: now.moment)
        }
    }

    /// Entries that the stream has brought.
    func observe(_ messages: [Message], in epoch: UInt64, at now: NIODeadline) {
        self.state.withLock { state in
            state.awarenessLog.take(messages, in: epoch)
            self.observe(messages, at: now, &state)
        }
    }

    /// Entries that a client is about to hear of. The document knows of them first: providers say what they hear again, and of somebody whom the
    /// document does not know it would seem to be said by that one itself.
    public func willTell(_ messages: [Message], in epoch: UInt64, at now: NIODeadline) {
        self.state.withLock { state in
            let log = state.awarenessLog
            guard log.epoch == epoch || log.epoch == StreamEpoch.none.id else { return }
            // The rest is known. How far the document has read stays as it is: its own reader misses nothing.
            self.observe(messages.filter { $0.id > log.position }, at: now, &state)
        }
    }

    private func observe(_ messages: [Message], at now: NIODeadline, _ state: inout State) {
        for message in messages where message.format == .binary {
            guard let update = try? AwarenessUpdate(Array(message.payload.readableBytesView)) else { continue }
            state.awareness.observe(update.entries, of: message.sender, now: now.moment)
        }
        self.chargeAwareness(&state)
    }

    /// - Returns: what all are told now that time has passed.
    func timePassed(at now: NIODeadline) -> [AwarenessEntry] {
        self.state.withLock { state in
            guard let deadline = state.awareness.deadline, deadline <= now.moment else { return [] }
            defer { self.chargeAwareness(&state) }
            return state.awareness.timePassed(now: now.moment)
        }
    }

    private func chargeAwareness(_ state: inout State) {
        let more = state.awareness.bytes - state.chargedForAwareness
        guard more != 0 else { return }
        if more > 0 {
            self.memory.add(more, to: .documents)
        } else {
            self.memory.release(-more, from: .documents)
        }
        state.chargedForAwareness += more
    }

    var connectionCount: Int { self.state.withLock { $0.places.count } }
}

extension NIODeadline {
    /// As awareness counts time.
    var moment: Duration { .nanoseconds(Int64(self.uptimeNanoseconds)) }
}
