import NIOCore
import NIOHTTP1

/// What has come for a request's channel and was not asked for yet. Its bytes are bounded by the stream's credit, which goes back when they are
/// taken.
struct RequestInbox {
    enum Item {
        case part(HTTPServerRequestPart)
        /// The client sends nothing more.
        case inputEnded
    }

    private var items: [Item] = []
    private(set) var bytes = 0

    var isEmpty: Bool { self.items.isEmpty }

    mutating func add(_ item: Item) {
        guard case .part(.body(let bytes)) = item else { return self.items.append(item) }
        self.bytes += bytes.readableBytes
        guard case .part(.body(var waiting)) = self.items.last else { return self.items.append(item) }
        // Parts cost more than bytes: a client may send a byte at a time.
        self.items.removeLast()
        waiting.writeImmutableBuffer(bytes)
        self.items.append(.part(.body(waiting)))
    }

    /// - Returns: all of it, and how many bytes that is.
    mutating func take() -> (items: [Item], bytes: Int) {
        defer { self = RequestInbox() }
        return (self.items, self.bytes)
    }
}

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
