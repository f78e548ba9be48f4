import Synchronization

/// What one user has under way on this relay, over all connections: counted as it is taken on, and given back when it ends.
///
/// One object for each user. Its numbers are atomics: a publish costs one addition when it begins and one when it ends.
public final class UserLoad: Sendable {
    /// What may wait for the store.
    public struct WaitingLimits: Hashable, Sendable {
        /// Messages of one user. Default 10,000.
        public var messages: Int
        /// Their bytes. Default 64 MiB.
        public var bytes: Int

        public init(messages: Int = 10_000, bytes: Int = 64 << 20) {
            self.messages = messages
            self.bytes = bytes
        }
    }

    /// Subscriptions of one user, by default: topics of WebSockets, of event streams and of polls that wait.
    public static let standardSubscriptions = 100_000

    private let waitingMessages = Atomic<Int>(0)
    private let waitingBytes = Atomic<Int>(0)
    private let subscriptionCount = Atomic<Int>(0)

    public init() {}

    /// Messages that wait for the store, and their bytes.
    public var waiting: (messages: Int, bytes: Int) {
        (self.waitingMessages.load(ordering: .relaxed), self.waitingBytes.load(ordering: .relaxed))
    }

    /// Topics that are followed.
    public var subscriptions: Int { self.subscriptionCount.load(ordering: .relaxed) }

    /// Counts a publish. One is always let in where nothing of the user waits, however large it is.
    ///
    /// - Returns: false, with nothing counted, where that is too much.
    func beginPublish(_ messages: Int, _ bytes: Int, within limits: WaitingLimits) -> Bool {
        // Counted first: two at once can't both get the last room.
        let count = self.waitingMessages.add(messages, ordering: .relaxed).newValue
        let size = self.waitingBytes.add(bytes, ordering: .relaxed).newValue
        guard count > messages, count > limits.messages || size > limits.bytes else { return true }
        self.endPublish(messages, bytes)
        return false
    }

    /// Ends what ``beginPublish(_:_:within:)`` has let in.
    func endPublish(_ messages: Int, _ bytes: Int) {
        self.waitingMessages.subtract(messages, ordering: .relaxed)
        self.waitingBytes.subtract(bytes, ordering: .relaxed)
    }

    /// Counts subscriptions.
    ///
    /// - Parameter limit: of the user's, with these.
    /// - Returns: false, with nothing counted, where there would be more.
    public func subscribe(_ count: Int, within limit: Int) -> Bool {
        guard self.subscriptionCount.add(count, ordering: .relaxed).newValue > limit else { return true }
        self.unsubscribe(count)
        return false
    }

    /// Ends what ``subscribe(_:within:)`` has let in, or a part of it.
    public func unsubscribe(_ count: Int) {
        self.subscriptionCount.subtract(count, ordering: .relaxed)
    }
}

extension UserLoad: Equatable {
    public static func == (one: UserLoad, other: UserLoad) -> Bool { one === other }
}
