import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelaySessions
import RelayTelemetry
import RelayWire

/// What the client says.
extension SignalingMember {
    func received(_ frame: SignalFrame) {
        // The socket is one peer's, in one session, whatever a message says.
        guard frame.session?.isExactly(self.id.text) ?? true, frame.peer?.isExactly(self.peer.text) ?? true else {
            return self.fail("peer_mismatch", "This socket is another peer's, or another session's", frame.requestID)
        }
        switch frame.content {
        case .join: self.fail("conflict", "This socket has joined", frame.requestID)
        case .ping: self.send(.pong(requestID: frame.requestID))
        case .pong: break
        case .leave: self.leave(frame.requestID)
        case .kick(let peer, let reason): self.kick(peer, reason, frame.requestID)
        case .requestLock(let element): self.requestLock(element, frame.requestID)
        case .releaseLock(let element, let fence): self.releaseLock(element, fence, frame.requestID)
        case .requestPermission(let element, let permission):
            self.requestPermission(element, permission, frame.requestID)
        case .publish(let message): self.publish(message, frame.requestID)
        }
    }

    private func publish(_ message: SignalFrame.Publish, _ requestID: ByteBuffer?) {
        if let spelling = message.spelling { self.spelling = spelling }
        if let saying = ProxySaying(message) {
            guard let payload = self.heard(saying, message, requestID) else { return }
            return self.publish(payload, on: message.topic, requestID)
        }
        var payload = message.payload
        // Programs of old answer the host's questions without saying whom.
        if message.recipient == nil, let asked = message.answers, let asker = self.requesters[asked] {
            payload = message.addressed(to: asker).payload
        }
        self.publish(payload, on: message.topic, requestID)
    }

    /// What comes with a `join` of the first generation.
    func publish(candidate: ByteBuffer) {
        var payload = ByteBuffer(string: #"{"type":"candidate","candidate":"#)
        payload.writeImmutableBuffer(candidate)
        payload.writeStaticString("}")
        self.publish(payload, on: .signal, nil)
    }

    func publish(_ payload: ByteBuffer, on topic: SignalTopic, _ requestID: ByteBuffer?) {
        guard let key = self.reader(of: topic)?.topic.key else {
            return self.fail("session_closed", SessionRefusal.sessionClosed.text, requestID)
        }
        do throws(AccessError) {
            let principal = try self.session.standing(requiring: .write)
            let draft = Draft(
                timestamp: self.services.clock.now(),
                payload: payload,
                publisher: self.session.account.load
            )
            self.connection?.workBegan()
            let item = Broker.Item(key: key, draft: draft)
            self.services.publisher.publish(item, once: nil, as: principal, for: self, requestID)
        } catch {
            self.send(.error(SignalNotice.Failure(error, requestID)))
        }
    }

    // MARK: The session

    /// Has the session do something, while later messages wait.
    ///
    /// - Parameter body: what follows where the session has done it.
    func ask<Value: Sendable>(
        _ requestID: ByteBuffer?,
        _ work: @escaping @Sendable (SessionService, SessionID, Principal) async throws(SessionFailure) -> Value,
        then body: @escaping (Value) -> Void,
        orElse refuse: ((SessionFailure) -> Bool)? = nil
    ) {
        let (sessions, id) = (self.services.sessions, self.id)
        let principal: Principal
        do throws(AccessError) {
            principal = try self.session.standing(requiring: .write)
        } catch {
            return self.send(.error(SignalNotice.Failure(error, requestID)))
        }
        let span = self.connection?.span?.child("change a session")
        self.suspend {
            do throws(SessionFailure) {
                let value = try await work(sessions, id, principal)
                span?.end(in: id)
                return .success(value)
            } catch {
                span?.end(failure: error.code.rawValue)
                return .failure(error)
            }
        } then: { (result: Result<Value, SessionFailure>) in
            switch result {
            case .success(let value): body(value)
            case .failure(let failure):
                if refuse?(failure) != true { self.send(.error(SignalNotice.Failure(failure, requestID))) }
            }
        }
    }

    private func leave(_ requestID: ByteBuffer?) {
        do throws(AccessError) {
            _ = try self.session.standing(requiring: .write)
        } catch {
            return self.send(.error(SignalNotice.Failure(error, requestID)))
        }
        // Its readers end by it, maybe before the answer is here.
        self.isDeparted = true
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.leave(id, as: principal)
        } then: { _ in
            self.isOut = true
            self.close(.normalClosure, "")
        } orElse: { _ in
            self.isDeparted = false
            return false
        }
    }

    private func kick(_ peer: String, _ reason: String, _ requestID: ByteBuffer?) {
        guard let target = PeerID(peer) else {
            return self.send(.error(SignalNotice.Failure(.refused(.peerUnknown), requestID)))
        }
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.kick(target, from: id, reason: reason, as: principal)
        } then: { _ in
        }
    }
}

extension SignalingMember: PublishClient {
    var publishStart: NIODeadline? { nil }

    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _ requestID: ByteBuffer?) {
        if case .failure(let error) = result { self.send(.error(SignalNotice.Failure(error, requestID))) }
        self.connection?.workEnded()
    }
}
