import Glibc
public import NIOCore

/// An IPv4 or IPv6 address, or all addresses that share its first bits: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    /// 4 or 16 bytes, network order.
    private let bytes: [UInt8]
    private let prefixLength: Int

    /// - Returns: nil where `text` is no address, or its prefix length is longer than the address.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.bytes(of: first) else { return nil }
        guard parts.count == 2 else {
            self.init(description: text, bytes: bytes, prefixLength: bytes.count * 8)
            return
        }
        guard let length = Int(parts[1]), (0...bytes.count * 8).contains(length) else { return nil }
        self.init(description: text, bytes: bytes, prefixLength: length)
    }

    private init(description: String, bytes: [UInt8], prefixLength: Int) {
        self.description = description
        self.bytes = bytes
        self.prefixLength = prefixLength
    }

    /// Whether `address` is in the network. An IPv4 address mapped into IPv6 counts as the IPv4 address.
    public func contains(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress else { return false }
        return self.contains(text)
    }

    /// - Parameter address: an IP address in text form, as `X-Forwarded-For` has it; anything else is in no network.
    public func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address), other.count == self.bytes.count else { return false }
        return zip(self.bytes, other).enumerated().allSatisfy { index, pair in
            let bits = min(8, max(0, self.prefixLength - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return (pair.0 ^ pair.1) & mask == 0
        }
    }

    /// 4 or 16 bytes in network order; nil where `text` is no address. A zone (`%eth0`) is left out.
    static func bytes(of text: some StringProtocol) -> [UInt8]? {
        let address = String(text.prefix { $0 != "%" })
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, address, &bytes) == 1 { return Array(bytes.prefix(4)) }
        guard unsafe inet_pton(AF_INET6, address, &bytes) == 1 else { return nil }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }
}
