import RelayWire

/// A session while an operation changes it, with what there is to tell.
struct SessionDraft {
    private let before: Session
    var session: Session
    var events: [SessionEvent] = []
    /// The moment of the operation.
    let now: Timestamp

    init(_ session: Session, at now: Timestamp) {
        self.before = session
        self.session = session
        self.now = now
    }

    var times: SessionTimes { self.session.rules.times }
    var limits: SessionLimits { self.session.rules.limits }

    mutating func tell(_ event: SessionEvent) {
        self.events.append(event)
    }

    /// Does nothing where the session is in that state already.
    mutating func become(_ state: Session.State) {
        guard state != self.session.state else { return }
        self.tell(.stateChanged(from: self.session.state, to: state))
        self.session.state = state
    }

    func place(of id: PeerID) -> Int? {
        self.session.peers.firstIndex { $0.id == id }
    }

    // MARK: What must hold

    /// For what a session that is about to end does no more.
    func requireOpen() throws(SessionRefusal) {
        switch self.session.state {
        case .created, .active, .hostAway: return
        case .closing, .closed: throw .sessionClosed
        case .expired: throw .sessionExpired
        }
    }

    /// For what peers may do up to the end.
    func requireNotEnded() throws(SessionRefusal) {
        switch self.session.state {
        case .created, .active, .hostAway, .closing: return
        case .closed: throw .sessionClosed
        case .expired: throw .sessionExpired
        }
    }

    func require(_ capability: SessionCapabilities, of actor: SessionActor) throws(SessionRefusal) {
        guard try self.session.capabilities(of: actor).contains(capability) else { throw .lacks(capability) }
    }

    /// - Returns: the peer's place.
    func requireConnected(_ id: PeerID) throws(SessionRefusal) -> Int {
        guard let place = self.place(of: id) else { throw .peerUnknown }
        guard self.session.peers[place].isConnected else { throw .peerAway }
        return place
    }
}

extension Session {
    /// Carries out what is due, then `body`; all of it is one transition.
    func transition(
        at now: Timestamp,
        _ body: (inout SessionDraft) throws(SessionRefusal) -> Void
    ) throws(SessionRefusal) -> SessionTransition {
        var draft = SessionDraft(self, at: now)
        draft.drawDeadlinesIn()
        draft.carryOutDue()
        try body(&draft)
        return draft.finish()
    }
}

extension SessionDraft {
    consuming func finish() -> SessionTransition {
        if self.session != self.before { self.session.revision += 1 }
        return SessionTransition(session: self.session, events: self.events)
    }
}

extension Timestamp {
    /// The moment `seconds` later, where negative seconds count as none.
    func after(_ seconds: Int64) -> Timestamp {
        self.adding(seconds: max(0, seconds))
    }
}
