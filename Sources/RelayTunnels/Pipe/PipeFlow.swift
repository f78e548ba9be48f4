public import NIOCore

/// One direction of a pipe between two sockets: whether the source is read.
///
/// Belongs to the source's event loop. What was handed over and the other socket has not taken is *in flight*. At the window the source is
/// not read on, and so its peer's own writes come to rest. What one read brings may go beyond the window.
public struct PipeFlow: Hashable, Sendable {
    /// In bytes.
    public let window: Int
    /// Handed over, and not taken by the other socket.
    public private(set) var inFlight = 0
    /// Handed over since the beginning.
    public private(set) var total: UInt64 = 0
    /// Nil while there is credit.
    private var pausedUntil: NIODeadline?

    /// - Parameter window: bytes, 1 or more.
    public init(window: Int) {
        self.window = window
    }

    /// Whether the source may be read.
    public var mayRead: Bool { self.inFlight < self.window && self.pausedUntil == nil }

    /// Bytes have come, and are on their way.
    public mutating func handed(_ bytes: Int) {
        self.inFlight += bytes
        self.total += UInt64(bytes)
    }

    /// The other socket has taken bytes.
    public mutating func taken(_ bytes: Int) {
        precondition(bytes <= self.inFlight, "\(bytes) bytes taken of \(self.inFlight) in flight")
        self.inFlight -= bytes
    }

    /// The session's credit is spent until then.
    public mutating func pause(until moment: NIODeadline) {
        self.pausedUntil = max(self.pausedUntil ?? moment, moment)
    }

    /// - Returns: when to look again; nil where nothing is paused any more.
    public mutating func resume(at now: NIODeadline) -> NIODeadline? {
        if let moment = self.pausedUntil, moment <= now { self.pausedUntil = nil }
        return self.pausedUntil
    }
}
