/// A host and a port: `valkey-1:6379`, `[fd00::1]:6379`.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public var host: String
    /// 1 to 65535.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`; an IPv6 address is in brackets.
    public init?(_ text: String) {
        guard let (host, digits) = Self.split(text), let port = Int(digits), (1...65_535).contains(port) else {
            return nil
        }
        self.init(host: host, port: port)
    }

    /// Takes `host:port` apart. The host is without brackets; what stands for the port is not looked at.
    static func split(_ text: String) -> (host: String, port: String)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains(where: { "[] /@".contains($0) }) else {
            return nil
        }
        return (String(host), String(text[text.index(after: colon)...]))
    }

    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
