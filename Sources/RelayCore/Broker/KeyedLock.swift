import DequeModule
import Synchronization

/// Lets one task at a time do something about a key, over suspensions; others wait in the order in which they came.
///
/// Costs nothing for keys that nobody holds. Waiting can't be cancelled: what is done under it ends by the store's own
/// deadlines.
final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    /// Keys held now, each with those who wait for it.
    private let held = Mutex<[Key: Deque<CheckedContinuation<Void, Never>>]>([:])

    func withLock<Value, Failure: Error>(
        _ key: Key,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await self.acquire(key)
        defer { self.release(key) }
        return try await body()
    }

    /// Whether somebody holds the key at this instant.
    func isHeld(_ key: Key) -> Bool { self.held.withLock { $0[key] != nil } }

    var heldKeys: Set<Key> { self.held.withLock { Set($0.keys) } }

    private func acquire(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = self.held.withLock { held in
                guard held[key] != nil else {
                    held[key] = []
                    return true
                }
                held[key]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func release(_ key: Key) {
        let next = self.held.withLock { held in
            guard let next = held[key]?.popFirst() else {
                held[key] = nil
                return nil as CheckedContinuation<Void, Never>?
            }
            return next
        }
        next?.resume()
    }
}
