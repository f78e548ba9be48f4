import RelayWire

/// Whether a topic's hot tier holds the end of its stream, and what it does for that.
enum Following {
    /// Only this relay writes: what its own appends tell is all there is. Final.
    case alone
    /// Others write too, and this relay does not listen: the hot tier is empty, and the known bounds may be old.
    case deaf
    /// Listens, and has asked where the stream stands. Left with the answer.
    case tuning(Backlog)
    /// Listens: the hot tier holds everything from its floor on.
    case live
    /// Listens, but has missed something, which is being read. Left with the page, or where the stream turns out to be another.
    case repairing(MissedStretch, Backlog)

    /// Whether readers may join: they miss nothing from here on.
    var admitsReaders: Bool {
        switch self {
        case .alone, .live, .repairing: true
        case .deaf, .tuning: false
        }
    }

    /// Whether it hears news of its stream, or is about to.
    var isListening: Bool {
        switch self {
        case .tuning, .live, .repairing: true
        case .alone, .deaf: false
        }
    }
}

/// News that waits for what comes before it, in a bounded space.
struct Backlog {
    private static let maxBytes = 4 << 20

    private(set) var growths: [StreamGrowth] = []
    /// Whether there was too much: then nothing is kept, and the stream's position must be asked for again.
    private(set) var isCut = false
    private var bytes = 0

    init(_ growths: [StreamGrowth] = []) {
        for growth in growths { self.add(growth) }
    }

    mutating func add(_ growth: StreamGrowth) {
        guard !self.isCut else { return }
        self.bytes += growth.messages.reduce(128) { $0 + $1.memoryCost }
        self.growths.append(growth)
        guard self.bytes > Self.maxBytes else { return }
        self.isCut = true
        self.growths = []
    }
}

/// A stretch of a stream that this relay has missed and can still read: readers are told nothing of it.
struct MissedStretch: Hashable, Sendable {
    /// The id of the epoch in which it was missed.
    let epoch: UInt64
    let after: MessageID
    /// Its last message.
    let through: MessageID
}
