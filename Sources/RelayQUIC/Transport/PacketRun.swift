import NIOCore
import Synchronization

/// Packets for one way, gathered to leave in one call of the system. They are written right here.
final class PacketRun {
    /// What the system takes in one call: 64 packets, and 64 KiB with all heads. Half of it, so that others wait for less.
    private static let mostPackets = 32
    private static let mostBytes = 48 << 10

    private let output: any PacketOutput
    private let counts: EndpointCounts
    private var bytes = ByteBufferAllocator().buffer(capacity: mostBytes + Transport.largestPacket)
    private var path: Transport.Path?
    /// Of each packet but the last, bytes.
    private var size = 0
    private var count = 0
    private var isComplete = false

    init(output: any PacketOutput, counts: EndpointCounts) {
        self.output = output
        self.counts = counts
    }

    /// Lets a packet be written behind those that are here, and sends those where it can't join them.
    ///
    /// - Parameter write: gets room for ``Transport/largestPacket``.
    func addPacket(_ write: (UnsafeMutableRawBufferPointer) -> Transport.Written) -> Transport.Written {
        if self.count == Self.mostPackets || self.bytes.readableBytes >= Self.mostBytes { self.flush() }
        let room = Transport.largestPacket
        let written = unsafe self.bytes.withUnsafeMutableWritableBytes {
            unsafe write(UnsafeMutableRawBufferPointer(rebasing: $0[..<room]))
        }
        guard case .packet(let size, let path) = written else { return written }
        self.bytes.moveWriterIndex(forwardBy: size)
        if !self.joins(size, path) { self.sendAll(but: size) }
        if self.count == 0 { (self.size, self.path) = (size, path) }
        self.isComplete = size < self.size
        self.count += 1
        return written
    }

    /// A copy of the last packet, which was written just now.
    ///
    /// - Parameter size: its own, bytes.
    func lastPacket(_ size: Int) -> ByteBuffer? {
        self.bytes.getSlice(at: self.bytes.writerIndex - size, length: size).map {
            ByteBuffer(bytes: $0.readableBytesView)
        }
    }

    /// Sends what is here.
    func flush() {
        guard let path = self.path, self.count > 0 else { return }
        self.counts.sent.add(UInt64(self.count), ordering: .relaxed)
        unsafe self.bytes.withUnsafeReadableBytes { unsafe self.output.send($0, size: self.size, on: path) }
        self.bytes.clear()
        self.path = nil
        self.count = 0
        self.isComplete = false
    }

    private func joins(_ size: Int, _ path: Transport.Path) -> Bool {
        self.count == 0 || (!self.isComplete && size <= self.size && path == self.path)
    }

    /// Sends what is here but the last packet, which is not counted yet and becomes the first.
    private func sendAll(but size: Int) {
        let start = self.bytes.writerIndex - size
        let packet = self.bytes.viewBytes(at: start, length: size).map { Array($0) } ?? []
        self.bytes.moveWriterIndex(to: start)
        self.flush()
        self.bytes.writeBytes(packet)
    }
}
