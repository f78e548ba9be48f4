import CNGTCP2
import Glibc
import NIOCore

/// An address and port in the system's form, without memory of its own: there is one for each datagram.
struct PeerAddress: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64
    private let size: UInt32

    init(_ address: quic_address) {
        self.first = address.words.0
        self.second = address.words.1
        self.third = address.words.2
        self.fourth = address.words.3
        self.size = address.size
    }

    /// - Parameter bytes: `sockaddr_in` or `sockaddr_in6`, and what stands behind it.
    /// - Returns: nil for another family.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 2 else { return nil }
        let size: Int
        switch CInt(unsafe bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET: size = MemoryLayout<sockaddr_in>.size
        case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        guard bytes.count >= size else { return nil }
        var address = quic_address()
        unsafe withUnsafeMutableBytes(of: &address.words) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
        }
        address.size = UInt32(size)
        self.init(address)
    }

    /// - Returns: nil where it is the path of a socket in the file system.
    init?(_ address: SocketAddress) {
        let read = unsafe address.withSockAddr { pointer, size in
            unsafe PeerAddress(UnsafeRawBufferPointer(start: pointer, count: size))
        }
        guard let read else { return nil }
        self = read
    }

    /// As the library wants it.
    var address: quic_address {
        quic_address(words: (self.first, self.second, self.third, self.fourth), size: self.size)
    }

    /// The system's form.
    func withBytes<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var words = (self.first, self.second, self.third, self.fourth)
        return unsafe withUnsafeMutableBytes(of: &words) { bytes in
            unsafe bytes.withMemoryRebound(to: sockaddr.self) { addresses in
                guard let first = addresses.baseAddress else { preconditionFailure("the words are there") }
                return unsafe body(UnsafePointer(first), socklen_t(self.size))
            }
        }
    }

    /// As NIO has it.
    var socketAddress: SocketAddress {
        unsafe self.withBytes { pointer, size in
            unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                guard size == MemoryLayout<sockaddr_in>.size else { return SocketAddress(unsafe pointer.pointee) }
                return unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    SocketAddress(unsafe $0.pointee)
                }
            }
        }
    }

    /// What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, without the port.
    var network: Network {
        if self.size == MemoryLayout<sockaddr_in>.size {
            return Network(isV4: true, bits: self.first.littleEndian >> 32)
        }
        // An IPv4 client of a socket for both families.
        let isMapped = self.second == 0 && self.third.littleEndian & 0xFFFF_FFFF == 0xFFFF_0000
        return isMapped
            ? Network(isV4: true, bits: self.third.littleEndian >> 32) : Network(isV4: false, bits: self.second)
    }

    struct Network: Hashable, Sendable {
        fileprivate let isV4: Bool
        fileprivate let bits: UInt64
    }
}
