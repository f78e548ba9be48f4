import NIOCore

/// Who waits until what was written has reached the client, or was given up.
struct WrittenPromises {
    private var waiting: [(place: UInt64, promise: EventLoopPromise<Void>)] = []

    /// - Parameter place: bytes written in all when the promise was made.
    mutating func add(_ promise: EventLoopPromise<Void>, at place: UInt64) { self.waiting.append((place, promise)) }

    /// - Parameter place: bytes that have reached the client in all.
    /// - Returns: those that are to be kept.
    mutating func take(through place: UInt64) -> [EventLoopPromise<Void>] {
        let count = self.waiting.firstIndex { $0.place > place } ?? self.waiting.count
        guard count > 0 else { return [] }
        defer { self.waiting.removeFirst(count) }
        return self.waiting[..<count].map(\.promise)
    }

    /// - Returns: those that can't be kept.
    mutating func takeAll() -> [EventLoopPromise<Void>] {
        defer { self.waiting = [] }
        return self.waiting.map(\.promise)
    }
}
