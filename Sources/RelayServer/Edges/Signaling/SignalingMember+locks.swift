import NIOCore
import RelaySessions
import RelayWire

/// Locks on elements, and leave to do something with one.
extension SignalingMember {
    /// All are told of a lock that is new. Who asks is answered where it has the lock already, and where it wants to be.
    func requestLock(_ text: String, _ requestID: ByteBuffer?) {
        guard let element = ElementID(text) else { return self.refuse(element: requestID) }
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.acquireLock(on: element, in: id, as: principal)
        } then: { granted in
            guard requestID != nil || !granted.isNew else { return }
            self.send(
                .lockGranted(
                    element: text,
                    peer: granted.lock.holder.text,
                    fence: granted.lock.fence,
                    requestID: requestID
                )
            )
        } orElse: { failure in
            guard case .refused(let refusal) = failure else { return false }
            switch refusal {
            case .lockHeld(let holder):
                self.deny(text, holder.text, refusal.text, requestID)
            case .full(.locks):
                self.deny(text, nil, refusal.text, requestID)
            default: return false
            }
            return true
        }
    }

    private func deny(_ element: String, _ holder: String?, _ reason: String, _ requestID: ByteBuffer?) {
        self.send(.lockDenied(element: element, holder: holder, reason: reason, requestID: requestID))
    }

    private func refuse(element requestID: ByteBuffer?) {
        self.fail("invalid_request", "element_id is not valid", requestID)
    }

    func releaseLock(_ text: String, _ fence: UInt64?, _ requestID: ByteBuffer?) {
        guard let element = ElementID(text) else { return self.refuse(element: requestID) }
        self.ask(requestID) { (sessions, id, principal) throws(SessionFailure) in
            try await sessions.releaseLock(on: element, fence: fence, in: id, as: principal)
        } then: { _ in
        }
    }

    /// Answered by what the roster says of the peer, and by who holds the lock.
    func requestPermission(_ text: String, _ permission: String, _ requestID: ByteBuffer?) {
        guard let element = ElementID(text) else { return self.refuse(element: requestID) }
        let denial = self.denial(of: permission, on: element)
        if let denial {
            let notice = SignalNotice.permissionDenied(
                element: text,
                permission: permission,
                reason: denial,
                requestID: requestID
            )
            return self.send(notice)
        }
        self.send(.permissionGranted(element: text, permission: permission, requestID: requestID))
    }

    /// - Returns: nil where the peer may do it.
    private func denial(of permission: String, on element: ElementID) -> String? {
        guard let session = self.current, let own = session.peer(self.peer) else {
            return SessionRefusal.notMember.text
        }
        let needed = SessionCapabilities(names: [permission == "write" ? "edit" : permission])
        guard !needed.isEmpty else { return "There is no such permission" }
        guard own.capabilities.contains(needed) else { return SessionRefusal.lacks(needed).text }
        guard needed == .edit, let lock = session.lock(on: element), lock.holder != self.peer else { return nil }
        return SessionRefusal.lockHeld(by: lock.holder).text
    }
}
