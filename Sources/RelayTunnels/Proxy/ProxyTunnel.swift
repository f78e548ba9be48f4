/// A tunnel of proxy frames between two peers of a session, over their signaling sockets: asked for, accepted, used, closed.
///
/// Pure: what the peers say goes in, what the relay does about it comes out. The relay holds none of the bytes.
///
/// | phase | left by |
/// | --- | --- |
/// | requested | ``accept(window:maxFrame:)`` to open, ``close(_:)`` to closed |
/// | open | ``close(_:)``, a peer that breaks the rules, or both directions at their end: to closed |
/// | closed | nothing |
public struct ProxyTunnel: Hashable, Sendable {
    public enum Side: Hashable, Sendable, CaseIterable {
        /// Asked for the tunnel.
        case opener
        /// Was asked.
        case target

        public var other: Side { self == .opener ? .target : .opener }
    }

    public enum Phase: Hashable, Sendable {
        case requested
        case open
        case closed(Closing)
    }

    /// Why a tunnel carries nothing any more.
    public enum Closing: Hashable, Sendable {
        /// One of the two wanted it so.
        case closed
        /// The target did not want it.
        case rejected
        /// Both directions are at their end, and all of it was acknowledged.
        case finished
        /// One of the two is no member of the session any more, or the session has ended.
        case left
        /// One of the two broke the rules of the frames.
        case broken(ProxyFault, by: Side)

        /// How the `reason` of `binary_proxy_closed` says it.
        public var text: String {
            switch self {
            case .closed: "closed"
            case .rejected: "rejected"
            case .finished: "finished"
            case .left: "peer_left"
            case .broken(let fault, _): fault.rawValue
            }
        }
    }

    /// What becomes of a frame.
    public enum Decision: Hashable, Sendable {
        case deliver
        /// Not now: the sender's socket is not read until an acknowledgement makes room.
        case hold
        /// Nothing: its sender sends it again, or the receiver has it.
        case passOver
        /// `proxy_not_open`: nobody has accepted the tunnel, or it is closed.
        case refuse
        /// The tunnel is closed from here on, and both are to be told.
        case close(Closing)
    }

    /// What an acceptance tells the opener.
    public struct Terms: Hashable, Sendable {
        /// Bytes that the opener may have on their way.
        public let window: Int
        /// Bytes of data in a frame, in either direction.
        public let maxFrame: Int
        /// Of the first frame, in either direction.
        public let startSequence: UInt64
    }

    private let rules: ProxyRules
    public private(set) var phase = Phase.requested
    /// Bytes of data in a frame, in either direction.
    public private(set) var maxFrame: Int
    /// What the opener sends, and what the target sends.
    private var flows: [ProxyFlow]
    private var bytes: [UInt64] = [0, 0]
    private var isAway = [false, false]
    private var losses: [UInt64] = [0, 0]

    /// The opener has asked.
    ///
    /// - Parameter window: bytes that the opener takes before it has acknowledged any; nil where it doesn't say. More than the rules allow
    ///   is taken for what they do.
    public init(window: Int?, rules: ProxyRules) {
        self.rules = rules
        self.maxFrame = rules.maxFrame
        self.flows = [ProxyFlow(window: rules.window), ProxyFlow(window: Self.allowed(window, rules.window))]
    }

    private static func allowed(_ asked: Int?, _ most: Int) -> Int { asked.map { min(max($0, 0), most) } ?? most }

    private static func index(_ side: Side) -> Int {
        switch side {
        case .opener: 0
        case .target: 1
        }
    }

    /// What one side sends.
    public func flow(from side: Side) -> ProxyFlow { self.flows[Self.index(side)] }

    /// Bytes of data from one side that were delivered.
    public func bytes(from side: Side) -> UInt64 { self.bytes[Self.index(side)] }

    // MARK: Negotiation

    /// The target accepts.
    ///
    /// - Parameters:
    ///   - window: bytes that it takes before it has acknowledged any.
    ///   - maxFrame: bytes of data that it takes in a frame.
    /// - Returns: nil where there is nothing to accept: it was accepted before, or is closed.
    public mutating func accept(window: Int?, maxFrame: Int?) -> Terms? {
        guard case .requested = self.phase else { return nil }
        self.phase = .open
        let window = Self.allowed(window, self.rules.window)
        self.maxFrame = max(1, Self.allowed(maxFrame, self.rules.maxFrame))
        self.flows[Self.index(.opener)] = ProxyFlow(window: window)
        return Terms(window: window, maxFrame: self.maxFrame, startSequence: 0)
    }

    /// - Returns: false where it was closed before.
    public mutating func close(_ closing: Closing) -> Bool {
        if case .closed = self.phase { return false }
        self.phase = .closed(closing)
        return true
    }

    // MARK: Frames

    /// - Parameter bytes: of the frame's data.
    public mutating func receive(_ sequence: UInt64, bytes: Int, from side: Side) -> Decision {
        switch self.phase {
        case .requested, .closed: return .refuse
        case .open: break
        }
        guard bytes <= self.maxFrame else { return self.broken(.frameTooLarge, by: side) }
        switch self.flows[Self.index(side)].receive(sequence, bytes: bytes) {
        case .hold: return .hold
        case .passOver: return .passOver
        case .broken(let fault): return self.broken(fault, by: side)
        case .deliver:
            // Its sender is told to resume when the other is back.
            guard !self.isAway[Self.index(side.other)] else { return .passOver }
            self.bytes[Self.index(side)] += UInt64(bytes)
            return .deliver
        }
    }

    /// One side has every frame of the other's before `sequence`.
    ///
    /// - Parameter window: bytes that it takes from now on; nil where that is as before.
    /// - Returns: `deliver` to tell the other of it, who may send more then.
    public mutating func acknowledge(_ sequence: UInt64, window: Int?, by side: Side) -> Decision {
        switch self.phase {
        case .requested, .closed: return .refuse
        case .open: break
        }
        let window = window.map { Self.allowed($0, self.rules.window) }
        guard self.flows[Self.index(side.other)].acknowledge(sequence, window: window) else {
            return self.broken(.acknowledgement, by: side)
        }
        guard self.flows.allSatisfy(\.isFinished) else { return .deliver }
        self.phase = .closed(.finished)
        return .close(.finished)
    }

    private mutating func broken(_ fault: ProxyFault, by side: Side) -> Decision {
        let closing = Closing.broken(fault, by: side)
        self.phase = .closed(closing)
        return .close(closing)
    }

    // MARK: Coming and going

    /// That a side has lost its connection, this time.
    public struct Loss: Hashable, Sendable {
        public let side: Side
        fileprivate let number: UInt64
    }

    /// A side has no connection any more, and is a member still.
    @discardableResult
    public mutating func left(_ side: Side) -> Loss {
        self.isAway[Self.index(side)] = true
        self.losses[Self.index(side)] += 1
        return Loss(side: side, number: self.losses[Self.index(side)])
    }

    /// Whether the side has not been back since. Of a later loss somebody else asks.
    public func isAway(since loss: Loss) -> Bool {
        self.isAway[Self.index(loss.side)] && self.losses[Self.index(loss.side)] == loss.number
    }

    /// A side has a new connection: both senders resume where they were acknowledged.
    ///
    /// - Returns: from where on the side itself sends, and from where on the other does; nil where the tunnel is not open.
    public mutating func returned(_ side: Side) -> (own: UInt64, others: UInt64)? {
        self.isAway[Self.index(side)] = false
        guard case .open = self.phase else { return nil }
        let (own, others) = (Self.index(side), Self.index(side.other))
        self.flows[own].rewind(isNewConnection: true)
        self.flows[others].rewind(isNewConnection: false)
        return (self.flows[own].acknowledged, self.flows[others].acknowledged)
    }
}
