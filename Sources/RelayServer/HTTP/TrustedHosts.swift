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
        guard let header else { return false }
        let host = Self.withoutPort(header.lowercasedASCII)
        return self.exact.contains(host)
            || self.suffixes.contains {
                host.utf8.count > $0.utf8.count && host.utf8.suffix($0.utf8.count).elementsEqual($0.utf8)
            }
    }

    /// The host of `host:port`; an IPv6 literal keeps its brackets.
    private static func withoutPort(_ header: String) -> String {
        if header.hasPrefix("["), let end = header.firstIndex(of: "]") { return String(header[...end]) }
        return String(header.prefix { $0 != ":" })
    }
}
