import RelayWire

/// The hosts that the relay answers for.
struct TrustedHosts: Sendable {
    /// Whether it is any host.
    let isOpen: Bool
    private let exact: Set<String>
    /// `.example.org` for `*.example.org`.
    private let suffixes: [String]

    /// - Parameter hosts: names, `*.example.org`, or `*`, without ports. Empty: any host.
    init(_ hosts: [String]) {
        let hosts = hosts.map(\.lowercasedASCII)
        self.isOpen = hosts.isEmpty || hosts.contains("*")
        self.exact = Set(hosts.filter { !$0.hasPrefix("*") })
        self.suffixes = hosts.filter { $0.hasPrefix("*.") }.map { String($0.dropFirst()) }
    }

    func trusts(_ header: String?) -> Bool {
        guard !self.isOpen else { return true }
        guard let header, let host = Self.host(of: header.lowercasedASCII) else { return false }
        return self.exact.contains(host)
            || self.suffixes.contains {
                host.utf8.count > $0.utf8.count && host.utf8.suffix($0.utf8.count).elementsEqual($0.utf8)
            }
    }

    /// The host of `host:port`, nil where it is neither (RFC 9110, section 7.2); an IPv6 literal keeps its brackets.
    private static func host(of authority: String) -> String? {
        let end: String.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: ":") ?? authority.endIndex
            // What ends or precedes the host of a URL can't be a part of it.
            guard !authority[..<end].utf8.contains(where: { "/?#@\\".utf8.contains($0) }) else { return nil }
        }
        let port = authority[end...]
        guard port.isEmpty || (port.hasPrefix(":") && Self.isPort(port.dropFirst())) else { return nil }
        return String(authority[..<end])
    }

    /// Whether it is a number that a port may have, or nothing.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(text) != nil)
    }
}
