import CDatagrams
import NIOCore
import RelayWire

/// A datagram as the system hands it over.
struct ReceivedDatagram {
    var bytes: ByteBuffer
    var source: TransportAddress
    /// The network interface of a link-local source; 0 for any other.
    var zone: UInt32
    /// Where it was sent, on sockets that ask for that.
    var destination: IPAddress?

    /// The source as channels and sockets take it, zone included.
    var peer: SocketAddress { SocketAddress(self.source, zone: self.zone) }
}

/// Takes many datagrams from a socket in one call of the system, into memory that serves the next call again.
///
/// A channel makes several objects and a text for each datagram. So the channel takes the first that comes, and what has come behind it is
/// taken here. Lives on the loop of the sockets, which share it.
final class DatagramIntake {
    /// Datagrams in one call.
    static let most = Int(DATAGRAMS_MOST)

    private let size: Int
    private var bytes: ByteBuffer
    private var received = [datagram_received](repeating: datagram_received(), count: most)

    /// - Parameter size: of the longest datagram, bytes. What is longer is cut.
    init(size: Int) {
        self.size = size
        self.bytes = ByteBufferAllocator().buffer(capacity: Self.most * size)
    }

    /// Hands over what waits at the socket, at most ``most`` datagrams. The system says anew that there is more.
    func read(_ socket: DatagramSocket, _ take: (ReceivedDatagram) -> Void) {
        // Makes other memory where a datagram of the last call is still held.
        self.bytes.clear(minimumCapacity: Self.most * self.size)
        let count = unsafe self.bytes.withUnsafeMutableWritableBytes { bytes in
            unsafe self.received.withUnsafeMutableBufferPointer { received in
                unsafe socket.receive(into: bytes, size: self.size, received)
            }
        }
        self.bytes.moveWriterIndex(to: Self.most * self.size)
        for index in 0..<count {
            if let datagram = self.datagram(index) { take(datagram) }
        }
    }

    /// - Returns: nil where the source is no address of the Internet.
    private func datagram(_ index: Int) -> ReceivedDatagram? {
        let received = self.received[index]
        let source = unsafe withUnsafeBytes(of: received.source) { unsafe TransportAddress.read($0) }
        guard let source, let bytes = self.bytes.getSlice(at: index * self.size, length: received.length) else {
            return nil
        }
        return ReceivedDatagram(
            bytes: bytes,
            source: source.address,
            zone: source.zone,
            destination: Self.destination(received)
        )
    }

    private static func destination(_ received: datagram_received) -> IPAddress? {
        guard received.destination_size > 0 else { return nil }
        return unsafe withUnsafeBytes(of: received.destination) { bytes in
            let high = UInt64(bigEndian: unsafe bytes.loadUnaligned(as: UInt64.self))
            guard received.destination_size == 16 else { return .v4(UInt32(truncatingIfNeeded: high >> 32)) }
            return .v6(high, UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}
