public import RelayCore
import RelayWire

/// A lock as its holder gets it.
public struct GrantedLock: Sendable {
    public let lock: SessionLock
    /// Whether the peer did not have it before. The session tells its members of a lock that is new, and of no other.
    public let isNew: Bool
}

/// Locks, as the peer as which `principal` acts. Nobody else holds any.
extension SessionService {
    /// Locks an element. Who has the lock already keeps it, with its fencing number.
    public func acquireLock(
        on element: ElementID,
        in id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> GrantedLock {
        var isNew = false
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            let transition = try session.acquireLock(on: element, by: try actor.asPeer, at: now)
            isNew = session.lock(on: element)?.fence != transition.session.lock(on: element)?.fence
            return transition
        }
        guard let lock = session.lock(on: element) else { throw .refused(.lockLost) }
        return GrantedLock(lock: lock, isNew: isNew)
    }

    /// Keeps a lock for longer.
    public func renewLock(
        on element: ElementID,
        fence: UInt64,
        in id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> SessionLock {
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.renewLock(on: element, fence: fence, by: try actor.asPeer, at: now)
        }
        guard let lock = session.lock(on: element) else { throw .refused(.lockLost) }
        return lock
    }

    /// Gives a lock back.
    ///
    /// - Parameter fence: nil for whichever the peer has.
    public func releaseLock(
        on element: ElementID,
        fence: UInt64?,
        in id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> Session {
        try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            let holder = try actor.asPeer
            let held = session.lock(on: element).flatMap { $0.holder == holder ? $0.fence : nil }
            guard let fence = fence ?? held else { throw .lockLost }
            return try session.releaseLock(on: element, fence: fence, by: holder, at: now)
        }
    }
}
