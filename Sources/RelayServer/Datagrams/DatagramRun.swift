import NIOCore
import RelayWire

/// Datagrams that leave one socket for one place, gathered to leave in one call of the system.
///
/// Relayed data come in bursts, and the way through the system's network costs more than all else about a datagram. A run takes that way once, and
/// the system cuts it apart at its end (UDP_SEGMENT). So its datagrams are of one size; the last may be shorter.
struct DatagramRun {
    /// What systems take in one call: 64 datagrams, and 64 KiB with all heads. Half of it, so that others wait for less.
    static let mostDatagrams = 32
    static let mostBytes = 32 << 10

    private(set) var bytes = ByteBuffer()
    /// Of each datagram but the last, bytes.
    private(set) var size = 0
    private(set) var count = 0
    private var isComplete = false
    /// Of what is relayed in each datagram but the last, and in the last, bytes.
    private var payload = 0
    private var lastPayload = 0

    var isEmpty: Bool { self.count == 0 }

    /// Whether a datagram may join those that are here.
    ///
    /// - Parameters:
    ///   - channel: the channel of TURN that it goes through, whose head comes before the datagram.
    ///   - payload: what is relayed of it, bytes.
    func takes(_ datagram: ByteBuffer, channel: UInt16?, payload: Int) -> Bool {
        guard !self.isEmpty else { return true }
        let size = Self.size(datagram, channel)
        guard !self.isComplete, self.count < Self.mostDatagrams, self.bytes.readableBytes + size <= Self.mostBytes
        else {
            return false
        }
        return size > 0 && (size < self.size || size == self.size && payload == self.payload)
    }

    /// Adds a copy of the datagram, where ``takes(_:channel:payload:)`` allows it.
    mutating func append(_ datagram: ByteBuffer, channel: UInt16?, payload: Int) {
        let size = Self.size(datagram, channel)
        if self.isEmpty {
            self.size = size
            self.payload = payload
        }
        self.isComplete = size < self.size
        self.lastPayload = payload
        if let channel {
            let size = UInt16(truncatingIfNeeded: datagram.readableBytes)
            TURNChannelData.writeHeader(number: channel, size: size, into: &self.bytes)
        }
        self.bytes.writeImmutableBuffer(datagram)
        self.count += 1
    }

    /// Makes it empty. Its memory is kept.
    mutating func clear() {
        self.bytes.clear()
        self.count = 0
        self.isComplete = false
    }

    /// What is relayed in the first datagrams, bytes.
    func payload(ofFirst count: Int) -> Int {
        count < self.count || count == 0 ? count * self.payload : (count - 1) * self.payload + self.lastPayload
    }

    private static func size(_ datagram: ByteBuffer, _ channel: UInt16?) -> Int {
        datagram.readableBytes + (channel == nil ? 0 : TURNChannelData.headerSize)
    }
}
