import NIOCore

/// Reads along what a client sends, frame by frame, for what the library does not bound: how many frames come that ask for nothing, and how much
/// of a frame or of a head waits for its end.
///
/// The library itself bounds what resets streams, pings, settings, priorities, empty data and continuations, see ``HTTP2Limits``.
struct FrameWatch {
    /// Sent once by a client, before its first frame.
    private static let prefaceBytes = 24
    private static let headerBytes = 9

    /// Data frames of less are counted: each costs the relay more than it brings, and waits with that where nobody reads its stream.
    private static let smallData = 64

    private var budget: FrameBudget
    private var smallBudget: FrameBudget
    /// Bytes to come of the preface, or of the current frame.
    private var left = FrameWatch.prefaceBytes
    /// The current frame's header, as far as it has come: its length, kind and flags.
    private var header: UInt64 = 0
    private var headerCount = 0
    private var kind: Kind?
    /// Whether a head has begun and has not ended.
    private var isInHead = false
    /// Bytes of a head that has not ended, or of a frame that has not, unless it is data.
    private(set) var waitingBytes = 0
    /// Since when there are any.
    private(set) var waitingSince: NIODeadline?

    private enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case priority = 2
        case reset = 3
        case settings = 4
        case ping = 6
        case windowUpdate = 8
        case continuation = 9
    }

    init(at now: NIODeadline) {
        self.budget = FrameBudget(.idle, at: now)
        self.smallBudget = FrameBudget(.small, at: now)
        self.waitingSince = now
    }

    /// The relay has sent a frame of data. A client may say that it has room for more.
    mutating func sentData() {
        self.budget.earn()
        self.smallBudget.earn()
    }

    /// - Returns: false where the client sends more than it may.
    mutating func read(_ bytes: ByteBuffer, at now: NIODeadline) -> Bool {
        let bytes = bytes.readableBytesUInt8Span
        var place = 0
        while place < bytes.count {
            if self.left > 0 {
                let count = min(self.left, bytes.count - place)
                place += count
                self.took(count)
                continue
            }
            self.takeOfHeader(bytes[place])
            place += 1
            if self.headerCount == Self.headerBytes, !self.beginFrame(at: now) { return false }
        }
        self.waitingSince = self.isWaiting ? self.waitingSince ?? now : nil
        return true
    }

    private var isWaiting: Bool { self.isInHead || self.headerCount > 0 || self.left > 0 && self.kind != .data }

    private mutating func took(_ count: Int) {
        self.left -= count
        if self.kind != .data { self.waitingBytes += count }
        if self.left == 0 { self.endFrame() }
    }

    private mutating func takeOfHeader(_ byte: UInt8) {
        if self.headerCount < 5 { self.header = self.header << 8 | UInt64(byte) }
        self.headerCount += 1
    }

    private mutating func beginFrame(at now: NIODeadline) -> Bool {
        self.left = Int(self.header >> 16)
        self.kind = Kind(rawValue: UInt8(truncatingIfNeeded: self.header >> 8))
        let flags = UInt8(truncatingIfNeeded: self.header)
        self.header = 0
        self.headerCount = 0
        // The one flag of both kinds that says that the head is complete.
        if self.kind == .headers || self.kind == .continuation { self.isInHead = flags & 4 == 0 }
        defer { if self.left == 0 { self.endFrame() } }
        switch self.kind {
        case .windowUpdate, .continuation, nil: return self.budget.spend(at: now)
        case .data where self.left == 0 && flags & 1 == 0: return self.budget.spend(at: now)
        case .data where self.left < Self.smallData && flags & 1 == 0: return self.smallBudget.spend(at: now)
        case .data, .headers, .priority, .reset, .settings, .ping: return true
        }
    }

    private mutating func endFrame() {
        self.kind = nil
        guard !self.isInHead else { return }
        self.waitingBytes = 0
        self.waitingSince = nil
    }
}
