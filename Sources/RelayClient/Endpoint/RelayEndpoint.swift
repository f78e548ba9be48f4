import Foundation
import NIOCore

/// Where a relay lives: scheme, host and port. A relay is always at the root path of its host.
public struct RelayEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// Whether `https` and `wss` are spoken, and not `http` and `ws`.
    public let isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    public let host: String
    /// 1 to 65535; 443 or 80 where the URL names none.
    public let port: Int

    /// - Parameters:
    ///   - text: `https://host[:port]` or `http://host[:port]`, with or without one slash at the end.
    ///   - allowsInsecure: whether `http` is taken for hosts other than this machine. Off by default: a password or a
    ///     token would cross the network in clear.
    /// - Throws: ``RelayError`` with code `invalidEndpoint`.
    public init(_ text: String, allowsInsecure: Bool = false) throws(RelayError) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty else {
            throw Self.error("'\(text)' is not a URL with a host")
        }
        guard ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil, parts.user == nil,
            parts.password == nil
        else { throw Self.error("a relay's URL has a scheme, a host and a port, and nothing else") }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.isSecure = try Self.isSecure(scheme: parts.scheme)
        self.port = parts.port ?? (self.isSecure ? 443 : 80)
        guard (1...65535).contains(self.port) else { throw Self.error("port \(self.port) is out of range") }
        guard self.isSecure || allowsInsecure || self.isLocal else {
            throw Self.error("http is for this machine only: use https for '\(self.host)'")
        }
    }

    /// Whether the host is this machine by its very name.
    public var isLocal: Bool {
        self.host == "localhost" || self.host == "::1" || self.isLoopbackV4
    }

    /// The URL, without a slash at the end.
    public var description: String { "\(self.isSecure ? "https" : "http")://\(self.authority)" }

    /// As in a URL or a `Host` header: the port only where it isn't the scheme's own.
    var authority: String {
        let name = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isSecure ? 443 : 80) ? name : "\(name):\(self.port)"
    }

    /// What TLS is told of the host: nothing where it is an address, which is no server name. The certificate is checked against it all the same.
    var serverName: String? {
        let isAddress = (try? SocketAddress(ipAddress: self.host, port: 0)) != nil
        return isAddress ? nil : self.host
    }

    private var isLoopbackV4: Bool {
        let parts = self.host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isSecure(scheme: String?) throws(RelayError) -> Bool {
        switch scheme?.lowercased() {
        case "https": true
        case "http": false
        default: throw self.error("a relay's URL starts with https:// or http://")
        }
    }

    private static func error(_ detail: String) -> RelayError {
        RelayError(.invalidEndpoint, detail: detail)
    }
}
