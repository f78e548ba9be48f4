import Glibc
import NIOCore
import NIOPosix
import RelayWire

/// A UDP socket that datagrams leave by, past the channel that reads from it.
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
        unsafe peer.withSockAddr { address, size in unsafe self.send(datagram, address, socklen_t(size)) }
    }

    /// The same, without memory for the address.
    func send(_ datagram: ByteBuffer, to peer: TransportAddress) -> Bool {
        unsafe peer.withSocketAddress { address, size in unsafe self.send(datagram, address, size) }
    }

    /// Sends channel data: four bytes and the data, which are not copied for it.
    func send(channel number: UInt16, _ data: ByteBuffer, to peer: SocketAddress) -> Bool {
        guard self.channel.isActive else { return false }
        var head = (number.bigEndian, UInt16(truncatingIfNeeded: data.readableBytes).bigEndian)
        let sent = unsafe peer.withSockAddr { address, size in
            unsafe data.withUnsafeReadableBytes { bytes in
                unsafe withUnsafeMutableBytes(of: &head) { head in
                    var parts = unsafe (
                        iovec(iov_base: head.baseAddress, iov_len: head.count),
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                    )
                    return unsafe withUnsafeMutablePointer(to: &parts) { parts in
                        var message = unsafe msghdr()
                        unsafe message.msg_name = unsafe UnsafeMutableRawPointer(mutating: address)
                        unsafe message.msg_namelen = socklen_t(size)
                        unsafe message.msg_iov = unsafe UnsafeMutableRawPointer(parts).assumingMemoryBound(
                            to: iovec.self
                        )
                        unsafe message.msg_iovlen = 2
                        return unsafe sendmsg(self.descriptor, &message, Self.flags)
                    }
                }
            }
        }
        return sent == TURNChannelData.headerSize + data.readableBytes
    }

    private func send(_ datagram: ByteBuffer, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Bool {
        // The descriptor of a channel that is not active may be another's by now.
        guard self.channel.isActive else { return false }
        let sent = unsafe datagram.withUnsafeReadableBytes { bytes in
            unsafe sendto(self.descriptor, bytes.baseAddress, bytes.count, Self.flags, address, size)
        }
        return sent == datagram.readableBytes
    }

    private static let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
}

extension TransportAddress {
    /// The system's form of it, on the stack: family and port, then the address; in IPv6 a flow label stands before it, a zone behind.
    fileprivate func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            let family: CInt
            let size: Int
            switch self.address {
            case .v4(let address):
                (family, size) = (AF_INET, 16)
                unsafe bytes.storeBytes(of: address.bigEndian, toByteOffset: 4, as: UInt32.self)
            case .v6(let high, let low):
                (family, size) = (AF_INET6, 28)
                unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 8, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt64.self)
            }
            unsafe bytes.storeBytes(of: sa_family_t(family), as: sa_family_t.self)
            unsafe bytes.storeBytes(of: self.port.bigEndian, toByteOffset: 2, as: UInt16.self)
            return unsafe bytes.withMemoryRebound(to: sockaddr.self) { addresses in
                guard let first = addresses.baseAddress else { preconditionFailure("the storage is not empty") }
                return unsafe body(UnsafePointer(first), socklen_t(size))
            }
        }
    }
}
