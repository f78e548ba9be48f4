/// Where other relays reach a relay: `http://10.0.0.5:8080`, `https://relay-1.example.org`.
public struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    /// Whether by TLS.
    public let isSecure: Bool
    /// Where it listens.
    public let place: HostPort

    /// Reads a URL of `http`, `https`, `ws` or `wss`, without path. The port is 80 or 443 where it names none.
    public init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "http", "ws": self.isSecure = false
        case "https", "wss": self.isSecure = true
        default: return nil
        }
        let authority = parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1]
        guard authority.utf8.count <= 240, authority.allSatisfy(Self.allows) else { return nil }
        let standard = self.isSecure ? 443 : 80
        guard let place = HostPort(String(authority)) ?? HostPort("\(authority):\(standard)") else { return nil }
        self.place = place
    }

    private static func allows(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-._:[]".contains(character))
    }

    /// One text for each address, which ``init(_:)`` reads.
    public var description: String { "\(self.isSecure ? "https" : "http")://\(self.place)" }
}
