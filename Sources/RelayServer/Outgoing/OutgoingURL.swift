import Foundation
import RelayWire

/// Where the relay sends a request to another server: a URL of `http` or `https`.
///
/// Its host is a name of ASCII letters, digits, `.`, `-` and `_`, or an address: so every library that reads the URL finds the same host in it.
public struct OutgoingURL: Hashable, Sendable, CustomStringConvertible {
    static let maximumLength = 2_048

    /// Whether it is of `https`.
    let isSecure: Bool
    /// A name in small letters, or an address without brackets.
    let host: String
    /// 1 to 65535.
    let port: Int
    /// Path and query as they are sent. Begins with a slash.
    let target: String

    /// - Returns: nil where it is no such URL; and where it holds a username, a password or a fragment, which have no place in one that a log
    ///   may show.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), parts.user == nil, parts.password == nil, parts.fragment == nil,
            let host = parts.host.flatMap(Self.host),
            // Who does not undo escapes finds another host.
            !text.dropFirst(scheme.count + 3).prefix(while: { $0 != "/" && $0 != "?" }).contains("%")
        else { return nil }
        self.isSecure = scheme == "https"
        self.host = host
        self.port = parts.port ?? (self.isSecure ? 443 : 80)
        guard (1...65_535).contains(self.port) else { return nil }
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        self.target = parts.percentEncodedQuery.map { "\(path)?\($0)" } ?? path
    }

    private static func host(_ text: String) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let host = (isBracketed ? String(text.dropFirst().dropLast()) : text).lowercased()
        let isFit = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            case UInt8(ascii: ":"): true
            default: false
            }
        }
        guard isFit, (1...255).contains(host.utf8.count), !host.contains(":") || IPAddress(host) != nil else {
            return nil
        }
        return host
    }

    public var description: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        let isUsual = self.port == (self.isSecure ? 443 : 80)
        return "\(self.isSecure ? "https" : "http")://\(host)\(isUsual ? "" : ":\(self.port)")\(self.target)"
    }
}
