import RelayCore

/// What one WebSocket has sent about documents for which it is not decided yet whether its client is let in. A Hocuspocus client waits for
/// nothing. Holds it to the protocol's bounds.
struct UndecidedFrames: ~Copyable {
    static let maxBytes = 5 << 20
    static let maxFrames = 1_000
    static let maxDocuments = 100
    /// What a frame costs beside its bytes.
    private static let overhead = 64

    private struct Waiting {
        var frames: [[UInt8]] = []
        /// What the frames hold, for as long as they wait.
        var charges: [MemoryCharge] = []
    }

    private var documents: [HocuspocusAddress: Waiting] = [:]
    private(set) var bytes = 0
    private(set) var count = 0

    /// - Parameter account: whose the bytes are.
    /// - Returns: false where there is too much, or no memory: nothing has changed then.
    mutating func add(
        _ frame: [UInt8],
        of address: HocuspocusAddress,
        in ledger: MemoryLedger,
        _ account: MemoryAccount
    ) -> Bool {
        guard self.count < Self.maxFrames, self.bytes + frame.count <= Self.maxBytes,
            self.documents[address] != nil || self.documents.count < Self.maxDocuments,
            let charge = ledger.hold(frame.count + Self.overhead, in: account)
        else { return false }
        self.documents[address, default: Waiting()].frames.append(frame)
        self.documents[address]?.charges.append(charge)
        self.bytes += frame.count
        self.count += 1
        return true
    }

    /// It is decided, or given up: takes out what waited, in its order.
    mutating func take(_ address: HocuspocusAddress) -> [[UInt8]] {
        guard let waiting = self.documents.removeValue(forKey: address) else { return [] }
        self.count -= waiting.frames.count
        self.bytes -= waiting.frames.reduce(0) { $0 + $1.count }
        return waiting.frames
    }

    mutating func removeAll() {
        self.documents = [:]
        (self.bytes, self.count) = (0, 0)
    }
}
