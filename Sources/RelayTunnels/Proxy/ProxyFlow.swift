internal import DequeModule

/// One direction of a tunnel of proxy frames: which frame may come next, and how much may be on its way.
///
/// The relay keeps no frame. What a receiver has not acknowledged is the sender's to send again: after either of the two was away, the
/// sender resumes where the receiver's last acknowledgement says. Frames that were on their way by then are passed over.
public struct ProxyFlow: Hashable, Sendable {
    /// What becomes of a frame that came.
    public enum Arrival: Hashable, Sendable {
        case deliver
        /// The window is full. Nothing has changed: ask again with the same frame after an acknowledgement.
        case hold
        /// The receiver has it, or its sender will send it again.
        case passOver
        case broken(ProxyFault)
    }

    /// Of the frame that comes next.
    public private(set) var next: UInt64 = 0
    /// Every frame before this one has reached the receiver.
    public private(set) var acknowledged: UInt64 = 0
    /// Bytes that may be on their way.
    public private(set) var window: Int
    /// Bytes that are, with small frames counted as ``ProxyRules/leastCost``.
    public private(set) var inFlight = 0
    /// What each frame from the first that is not acknowledged has taken of the window.
    private var costs: Deque<Int32> = []
    /// One more than the last frame that was delivered at any time.
    private var highest: UInt64 = 0
    /// One more than the frame that ended the direction. It stays when that frame has to come again.
    private var end: UInt64?
    /// How often the sender was told to resume, and has not gone back yet.
    private var orders = 0
    /// The earliest frame that it was told to resume from, while ``orders`` is above 0.
    private var floor: UInt64 = 0
    /// Whether frames before the next may be lost, so that it is of no use to the receiver.
    private var isBehindLoss = false

    public init(window: Int) {
        self.window = window
    }

    /// Whether the receiver has everything, and no more comes.
    public var isFinished: Bool { self.end.map { $0 <= self.acknowledged } ?? false }

    // MARK: Frames

    /// - Parameter bytes: of data; none ends the direction.
    public mutating func receive(_ sequence: UInt64, bytes: Int) -> Arrival {
        if sequence > self.next, sequence <= self.acknowledged {
            // It has heard meanwhile that the receiver has the frames between.
            self.next = sequence
        } else if sequence != self.next {
            guard self.orders > 0, self.floor...self.acknowledged ~= sequence else { return .broken(.sequence) }
            self.resume(from: sequence)
        }
        if self.end == sequence { return .broken(.afterEnd) }
        if self.isBehindLoss, sequence <= self.acknowledged { self.isBehindLoss = false }
        guard sequence >= self.acknowledged, !self.isBehindLoss else {
            self.next += 1
            return .passOver
        }
        guard self.hasRoom(for: bytes) else { return .hold }
        self.next += 1
        self.highest = max(self.highest, self.next)
        if bytes == 0 { self.end = self.next }
        self.costs.append(Int32(clamping: Self.cost(of: bytes)))
        self.inFlight += Self.cost(of: bytes)
        return .deliver
    }

    /// The sender goes back to what it was told, or to what was acknowledged since.
    private mutating func resume(from sequence: UInt64) {
        self.orders -= 1
        self.next = sequence
        self.isBehindLoss = false
        self.forgetFlight()
    }

    /// What is on its way and not acknowledged counts no more: it comes again.
    private mutating func forgetFlight() {
        self.costs = []
        self.inFlight = 0
    }

    /// A frame may always be on its way alone, however large it is, unless the window is shut.
    private func hasRoom(for bytes: Int) -> Bool {
        self.window > 0 && (self.inFlight == 0 || Self.cost(of: bytes) <= self.window - self.inFlight)
    }

    private static func cost(of bytes: Int) -> Int { max(bytes, ProxyRules.leastCost) }

    // MARK: Acknowledgements

    /// The receiver has every frame before `sequence`. An acknowledgement that says less than one before it says nothing.
    ///
    /// - Parameter window: bytes that it takes from now on; nil where that is as before.
    /// - Returns: false where it acknowledges what was never delivered.
    public mutating func acknowledge(_ sequence: UInt64, window: Int?) -> Bool {
        guard sequence <= self.highest else { return false }
        // Never smaller: the sender, which can't know of it yet, would be held for frames that it was allowed to send.
        if let window { self.window = max(self.window, window) }
        while self.acknowledged < sequence {
            self.acknowledged += 1
            if let cost = self.costs.popFirst() { self.inFlight -= Int(cost) }
        }
        return true
    }

    /// The sender or the receiver was away: frames that are not acknowledged may be lost, and come again. The sender is told to resume
    /// from ``acknowledged``. It may send other frames before it hears of it, which are passed over where something before them may be lost.
    ///
    /// - Parameter isNewConnection: whether it is the sender who was away. Of what it sent before, nothing comes any more.
    public mutating func rewind(isNewConnection: Bool) {
        if isNewConnection {
            self.orders = 1
            self.floor = self.acknowledged
            self.next = self.acknowledged
        } else {
            self.floor = self.orders > 0 ? min(self.floor, self.acknowledged) : self.acknowledged
            self.orders += 1
        }
        self.isBehindLoss = self.next > self.acknowledged
        self.forgetFlight()
    }
}

/// How a peer broke the rules of a tunnel.
public enum ProxyFault: String, Hashable, Sendable {
    /// A frame is missing, or came again.
    case sequence
    /// A frame came after the one that ended its direction.
    case afterEnd = "after_end"
    /// A frame has more data than was agreed.
    case frameTooLarge = "frame_too_large"
    /// A frame was acknowledged that was never delivered.
    case acknowledgement
}
