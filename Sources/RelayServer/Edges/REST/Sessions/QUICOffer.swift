import RelayWire

/// What sessions' peers are told of the QUIC relay.
struct QUICOffer: Sendable {
    /// Nil where clients reach it by the name under which they have reached the relay.
    let host: String?
    let port: Int
    /// Names in ALPN, the preferred first.
    let protocols: [String]
    /// Whether HTTP/3 is spoken there too.
    var speaksHTTP3 = true
    /// Whether clients may know its certificate as they know others'.
    var isTrusted = false
    /// SHA-256 of the certificates by which clients may know it, the one that is shown first.
    let digests: @Sendable () -> [String]

    /// - Parameter authority: the client's own word for the relay, with or without a port; nil where it has none.
    func tree(reachedAt authority: String?) -> JSONTree {
        let digests = self.digests()
        return .object([
            ("address", .text(self.address(authority))),
            ("alpn", .texts(self.protocols)),
            ("certificate_hash", .text(digests.first)),
            ("certificate_hashes", .texts(digests)),
        ])
    }

    /// As `Alt-Svc` says it; nil where browsers would not take its certificate for the relay's.
    var alternative: String? {
        self.speaksHTTP3 && self.isTrusted && self.port != 0 ? "h3=\":\(self.port)\"; ma=86400" : nil
    }

    func address(_ authority: String?) -> String? {
        let host = self.host ?? authority.map { HostPort("\($0)")?.host ?? Self.withoutBrackets($0) }
        return host.map { HostPort(host: $0, port: self.port).description }
    }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }
}
