/// Where browsers reach a relay: `https://relay.example.org`, or `http` on this machine.
public struct PublicURL: Hashable, Sendable, CustomStringConvertible {
    /// As browsers write it: in small letters, without the port that the scheme has anyway, without a slash at the end.
    public let origin: String

    /// - Returns: nil where it is no such URL, or has a path: a relay is always at the root of its host.
    public init?(_ text: String) {
        guard let address = NodeAddress(text.lowercased()), text.lowercased().hasPrefix("http") else { return nil }
        let place = address.place
        guard address.isSecure || Self.isLocal(place.host) else { return nil }
        let host = place.host.contains(":") ? "[\(place.host)]" : place.host
        let scheme = address.isSecure ? "https" : "http"
        let isUsual = place.port == (address.isSecure ? 443 : 80)
        self.origin = isUsual ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(place.port)"
    }

    /// Whether the host is this machine by its very name.
    static func isLocal(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        guard let bytes = IPNetwork.bytes(of: host) else { return false }
        return bytes.count == 4 && bytes[0] == 127
    }

    public var description: String { self.origin }
}
