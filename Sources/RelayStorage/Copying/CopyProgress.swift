import Synchronization

/// How far a copy is, and in the end what it has copied.
public struct CopyProgress: Hashable, Sendable {
    /// What is being done.
    public enum Step: String, Sendable {
        case users
        case topics
        case messages
        case comparing
    }

    public internal(set) var step = Step.users
    public internal(set) var users = 0
    /// Refresh tokens and service tokens.
    public internal(set) var tokens = 0
    public internal(set) var topics = 0
    public internal(set) var readers = 0
    public internal(set) var auditRecords = 0
    /// Devices that wait to be let in, and people who are signing in.
    public internal(set) var waiting = 0
    public internal(set) var streams = 0
    /// Those that were there from an earlier attempt are not counted.
    public internal(set) var messages = 0
    /// Of messages, as they are counted in memory.
    public internal(set) var bytes = 0
    /// Messages that were compared in the end.
    public internal(set) var compared = 0
    /// Messages that the source has and can't read back. They are not in the copy.
    public internal(set) var unreadable = 0
    /// Streams whose lost stretches the target can't keep: readers without an epoch are not told of those.
    public internal(set) var withoutHoles = 0
}

/// Counts, and tells of it.
final class CopyTally: Sendable {
    private let state = Mutex(CopyProgress())
    private let tell: @Sendable (CopyProgress) -> Void

    init(_ tell: @escaping @Sendable (CopyProgress) -> Void) {
        self.tell = tell
    }

    var progress: CopyProgress { self.state.withLock { $0 } }

    func count(_ change: (inout CopyProgress) -> Void) {
        let progress = self.state.withLock { progress in
            change(&progress)
            return progress
        }
        self.tell(progress)
    }
}
