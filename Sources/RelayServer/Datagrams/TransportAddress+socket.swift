import NIOCore
import RelayWire

extension TransportAddress {
    /// - Returns: nil where it is the path of a socket in the file system.
    init?(_ socket: SocketAddress) {
        guard let port = socket.port else { return nil }
        let address: IPAddress? = unsafe socket.withSockAddr { pointer, size in
            // The system's form: family and port, and in IPv6 a flow label, stand before the address.
            let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: size)
            switch socket {
            case .v4: return .v4(UInt32(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            case .v6:
                let high = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                let low = unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                return .v6(UInt64(bigEndian: high), UInt64(bigEndian: low))
            case .unixDomainSocket: return nil
            }
        }
        guard let address else { return nil }
        self.init(address, port: UInt16(truncatingIfNeeded: port))
    }
}

extension IPAddress {
    /// Whether a socket that is bound to it listens on every address.
    var isWildcard: Bool { self == .v4(0) || self == .v6(0, 0) }
}
