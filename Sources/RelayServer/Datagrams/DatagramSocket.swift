import Glibc
import NIOCore
import NIOPosix
import RelayWire

/// A UDP socket that answers leave by, past the channel that reads from it.
///
/// The channel would hold in memory what the socket does not take. It would also close the socket for good where one answer can't be
/// sent: a firewall's word, or a forged source to which there is no way, would end the service.
struct DatagramSocket {
    let bound: TransportAddress
    let channel: any Channel
    private let descriptor: CInt

    /// Nil where the channel has no socket, or none any more.
    init?(_ channel: any Channel) {
        guard channel.isActive, let bound = channel.localAddress.flatMap({ TransportAddress($0) }) else { return nil }
        let pipeline = channel.pipeline.syncOperations
        let handle = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle = handle ?? nil else { return nil }
        self.bound = bound
        self.channel = channel
        self.descriptor = handle
    }

    /// Sends a datagram now or never.
    ///
    /// - Returns: whether the system took it.
    func send(_ datagram: ByteBuffer, to peer: SocketAddress) -> Bool {
        // The descriptor of a channel that is not active may be another's by now.
        guard self.channel.isActive else { return false }
        let sent = unsafe datagram.withUnsafeReadableBytes { bytes in
            unsafe peer.withSockAddr { address, size in
                unsafe sendto(self.descriptor, bytes.baseAddress, bytes.count, Self.flags, address, socklen_t(size))
            }
        }
        return sent == datagram.readableBytes
    }

    private static let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
}
