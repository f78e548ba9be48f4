package import CDatagrams
package import Glibc
package import NIOCore
import NIOPosix

/// A UDP socket beside the channel that waits for it: many datagrams in one call of the system, both ways.
///
/// The channel would hold in memory what the socket does not take. It would also close the socket for good where one datagram can't be
/// sent: a firewall's word, or a forged source to which there is no way, would end the service.
package struct UDPSocket {
    package let channel: any Channel
    private let descriptor: CInt

    /// Nil where the channel has no socket, or none any more.
    package init?(_ channel: any Channel) {
        guard channel.isActive else { return nil }
        let pipeline = channel.pipeline.syncOperations
        let handle = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle = handle ?? nil else { return nil }
        self.channel = channel
        self.descriptor = handle
    }

    // MARK: Sending

    /// Sends datagrams of one size now or never.
    ///
    /// - Parameters:
    ///   - bytes: the datagrams, one behind the other; the last may be shorter.
    ///   - size: of each but the last, bytes; 0 for one that is empty.
    ///   - cutting: how the system cuts them apart. Changed where it turns out that it doesn't.
    /// - Returns: how many of them, from the first on, the system took.
    package func send(
        _ bytes: UnsafeRawBufferPointer,
        size: Int,
        to address: UnsafePointer<sockaddr>,
        _ addressSize: socklen_t,
        _ cutting: inout DatagramCutting
    ) -> Int {
        let destination = unsafe Destination(address, addressSize)
        let count = size > 0 ? (bytes.count + size - 1) / size : 1
        if count > 1, cutting == .bySystem {
            switch unsafe self.send(bytes, to: destination, cutAt: size) {
            case nil: return count
            // The network's device can't cut.
            case EIO, ENOPROTOOPT, EOPNOTSUPP: cutting = .here
            // One datagram is too long for the way, which ordinary sending makes fragments of.
            case EINVAL, EMSGSIZE: break
            default: return 0
            }
        }
        for sent in 0..<count {
            let start = sent * size
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + size, bytes.count)])
            guard unsafe self.send(part, to: destination) == nil else { return sent }
        }
        return count
    }

    /// Sends a datagram now or never.
    ///
    /// - Returns: whether the system took it.
    package func send(
        _ datagram: UnsafeRawBufferPointer,
        to address: UnsafePointer<sockaddr>,
        _ size: socklen_t
    ) -> Bool {
        unsafe self.send(datagram, to: Destination(address, size)) == nil
    }

    /// Where something goes, in the system's form.
    @unsafe private struct Destination {
        let address: UnsafePointer<sockaddr>
        let size: socklen_t

        init(_ address: UnsafePointer<sockaddr>, _ size: socklen_t) {
            unsafe self.address = address
            unsafe self.size = size
        }
    }

    /// - Parameter size: of the datagrams that the bytes are cut into; nil: they are one.
    /// - Returns: the system's error; nil where it took all.
    private func send(
        _ bytes: UnsafeRawBufferPointer,
        to destination: Destination,
        cutAt size: Int? = nil
    ) -> CInt? {
        // The descriptor of a channel that is not active may be another's by now.
        guard self.channel.isActive else { return EBADF }
        var part = unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        var control = SegmentControl(size: UInt16(truncatingIfNeeded: size ?? 0))
        let sent = unsafe withUnsafeMutablePointer(to: &part) { part in
            unsafe withUnsafeMutableBytes(of: &control) { control in
                var message = unsafe msghdr()
                unsafe message.msg_name = UnsafeMutableRawPointer(mutating: destination.address)
                unsafe message.msg_namelen = destination.size
                unsafe message.msg_iov = part
                unsafe message.msg_iovlen = 1
                if size != nil {
                    unsafe message.msg_control = control.baseAddress
                    unsafe message.msg_controllen = control.count
                }
                return unsafe sendmsg(self.descriptor, &message, Self.flags)
            }
        }
        return sent == bytes.count ? nil : errno
    }

    /// The control message of UDP_SEGMENT as the system reads it: length, level, type, and the size of each datagram.
    private struct SegmentControl {
        let length = UInt(MemoryLayout<UInt>.size + 2 * MemoryLayout<CInt>.size + MemoryLayout<UInt16>.size)
        let level = datagrams_segment_level
        let type = datagrams_segment_type
        let size: UInt16
        // Control messages fill whole words.
        let padding = UInt16(0)
        let morePadding = UInt32(0)
    }

    private static let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)

    // MARK: Receiving

    /// Takes what waits, see `datagrams_receive`.
    ///
    /// - Parameter size: of the room for each datagram in `bytes`.
    /// - Returns: how many were read.
    package func receive(
        into bytes: UnsafeMutableRawBufferPointer,
        size: Int,
        _ received: UnsafeMutableBufferPointer<datagram_received>
    ) -> Int {
        guard self.channel.isActive, bytes.count >= size * received.count else { return 0 }
        let count = UInt32(received.count)
        return max(
            0,
            Int(unsafe datagrams_receive(self.descriptor, bytes.baseAddress, size, received.baseAddress, count))
        )
    }
}
