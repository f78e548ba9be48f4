/// Decides whose request it is, for limits by address.
struct ClientAddress: Sendable {
    private let trustsForwardedFor: Bool
    private let proxies: [IPNetwork]

    init(trustsForwardedFor: Bool, proxies: [IPNetwork]) {
        self.trustsForwardedFor = trustsForwardedFor
        self.proxies = proxies
    }

    /// The nearest address that is no trusted proxy.
    ///
    /// Only trusted proxies are believed: a client may write into `X-Forwarded-For` what it likes, and its words come
    /// before (left of) what the proxies add. Where a hop is no address at all, the proxy that reported it counts.
    ///
    /// - Parameters:
    ///   - peer: the connection's other end.
    ///   - forwardedFor: the values of `X-Forwarded-For`, in the order of the header lines.
    func address(peer: String, forwardedFor: [String]) -> String {
        guard self.trustsForwardedFor else { return peer }
        var nearest = peer
        for hop in forwardedFor.reversed().lazy.flatMap({ $0.split(separator: ",").reversed() }) {
            guard self.isProxy(nearest), let address = Self.withoutPort(hop) else { break }
            nearest = address
        }
        return nearest
    }

    /// The client's address, where nothing but its connection says it; nil where that is a trusted proxy's.
    func address(ofConnection peer: String) -> String? {
        self.trustsForwardedFor && self.isProxy(peer) ? nil : peer
    }

    /// What addresses of one client have in common: an IPv6 client has a whole /64.
    static func key(_ address: String) -> String {
        guard let bytes = IPNetwork.bytes(of: address), bytes.count == 16 else { return address }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "/64"
    }

    private func isProxy(_ address: String) -> Bool {
        self.proxies.contains { $0.contains(address) }
    }

    /// The address of `a.b.c.d`, `a.b.c.d:port`, `a::b` or `[a::b]:port`; nil for anything else.
    private static func withoutPort(_ hop: Substring) -> String? {
        let text = hop.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        let address: Substring
        if text.first == "[" {
            address = text.dropFirst().prefix { $0 != "]" }
        } else if text.filter({ $0 == ":" }).count == 1 {
            address = text.prefix { $0 != ":" }
        } else {
            address = text
        }
        return IPNetwork.bytes(of: address) == nil ? nil : String(address)
    }
}
