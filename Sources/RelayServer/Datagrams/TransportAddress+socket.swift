import Glibc
import NIOCore
import RelayWire

extension TransportAddress {
    /// - Returns: nil where it is the path of a socket in the file system.
    init?(_ socket: SocketAddress) {
        let read = unsafe socket.withSockAddr { pointer, size in
            unsafe Self.read(UnsafeRawBufferPointer(start: pointer, count: size))
        }
        guard let read else { return nil }
        self = read.address
    }

    /// - Parameter bytes: the system's form: family and port, and in IPv6 a flow label, stand before the address; in IPv6 a zone stands behind it.
    /// - Returns: nil for another family.
    static func read(_ bytes: UnsafeRawBufferPointer) -> (address: TransportAddress, zone: UInt32)? {
        let port = UInt16(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        switch CInt(unsafe bytes.loadUnaligned(fromByteOffset: 0, as: sa_family_t.self)) {
        case AF_INET:
            let address = UInt32(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            return (TransportAddress(.v4(address), port: port), 0)
        case AF_INET6:
            let high = UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let low = UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            let zone = unsafe bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
            return (TransportAddress(.v6(high, low), port: port), zone)
        default: return nil
        }
    }

    /// The system's form of it, on the stack.
    ///
    /// - Parameter zone: the network interface of a link-local address, else 0.
    func withSocketAddress<Result>(
        zone: UInt32 = 0,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            let family: CInt
            let size: Int
            switch self.address {
            case .v4(let address):
                (family, size) = (AF_INET, MemoryLayout<sockaddr_in>.size)
                unsafe bytes.storeBytes(of: address.bigEndian, toByteOffset: 4, as: UInt32.self)
            case .v6(let high, let low):
                (family, size) = (AF_INET6, MemoryLayout<sockaddr_in6>.size)
                unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 8, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt64.self)
                unsafe bytes.storeBytes(of: zone, toByteOffset: 24, as: UInt32.self)
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

extension SocketAddress {
    /// - Parameter zone: the network interface of a link-local address, else 0.
    init(_ address: TransportAddress, zone: UInt32) {
        self = unsafe address.withSocketAddress(zone: zone) { pointer, _ in
            unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                guard case .v4 = address.address else { return SocketAddress(unsafe pointer.pointee) }
                return unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    SocketAddress(unsafe $0.pointee)
                }
            }
        }
    }
}

extension IPAddress {
    /// Whether a socket that is bound to it listens on every address.
    var isWildcard: Bool { self == .v4(0) || self == .v6(0, 0) }
}
