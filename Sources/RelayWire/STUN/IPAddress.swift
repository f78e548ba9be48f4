/// An IPv4 or IPv6 address, with no memory beside itself.
public enum IPAddress: Hashable, Sendable {
    /// The four bytes in network order as a number: `127.0.0.1` is `0x7F00_0001`.
    case v4(UInt32)
    /// The first and the last eight of the sixteen bytes, each in network order as a number.
    case v6(UInt64, UInt64)

    /// The IPv4 address in place of its mapped form `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2); any other as it is.
    ///
    /// A socket for both families shows IPv4 clients by mapped addresses, of which those clients know nothing.
    public var unmapped: IPAddress {
        guard case .v6(0, let low) = self, low >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    public var family: STUNAddressFamily {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }
}

/// Where a datagram comes from or goes to.
public struct TransportAddress: Hashable, Sendable {
    public var address: IPAddress
    public var port: UInt16

    public init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// With the IPv4 address in place of its mapped form, see ``IPAddress/unmapped``.
    public var unmapped: TransportAddress { TransportAddress(self.address.unmapped, port: self.port) }
}

/// How STUN numbers the families of addresses (RFC 8489, 14.1; RFC 8656, 18.6).
public enum STUNAddressFamily: UInt8, Sendable {
    case v4 = 1
    case v6 = 2
}
