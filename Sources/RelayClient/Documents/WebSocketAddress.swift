import Foundation

/// Where a WebSocket server of any kind is: a relay's own are paths of its ``RelayEndpoint``.
public struct WebSocketAddress: Hashable, Sendable, CustomStringConvertible {
    let endpoint: RelayEndpoint
    /// Percent-encoded, without a slash at the end.
    private let path: String
    private let query: String

    /// - Parameter text: `ws://` or `wss://`, a host, and what follows.
    /// - Throws: ``RelayError`` with code `invalidEndpoint`.
    public init(_ text: String) throws(RelayError) {
        guard var parts = URLComponents(string: text), let scheme = ["ws": "http", "wss": "https"][parts.scheme ?? ""],
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else {
            throw RelayError(
                .invalidEndpoint,
                detail: "'\(text)' is no address of a WebSocket: ws:// or wss://, a host, a path"
            )
        }
        let path = parts.percentEncodedPath
        self.path = String(path[..<(path.lastIndex { $0 != "/" }.map(path.index(after:)) ?? path.startIndex)])
        self.query = parts.percentEncodedQuery ?? ""
        parts.scheme = scheme
        parts.path = ""
        parts.query = nil
        // Whoever names a server of its own network by ws:// knows that it speaks in clear.
        self.endpoint = try RelayEndpoint(parts.string ?? "", allowsInsecure: true)
    }

    private init(_ endpoint: RelayEndpoint, _ path: String, _ query: String) {
        self.endpoint = endpoint
        self.path = path
        self.query = query
    }

    /// The address of a room, as browsers ask for it: what may stand in a path stays as it is, slashes too.
    public func appending(room: String) -> WebSocketAddress {
        WebSocketAddress(self.endpoint, self.path + "/" + Self.escaped(room), self.query)
    }

    /// - Parameter pairs: names and values, not yet percent-encoded.
    public func appending(query pairs: [(String, String)]) -> WebSocketAddress {
        let all = [self.query, FormText.encode(pairs)].filter { !$0.isEmpty }
        return WebSocketAddress(self.endpoint, self.path, all.joined(separator: "&"))
    }

    /// Path and query, ready for a request line.
    var target: String {
        let path = self.path.isEmpty ? "/" : self.path
        return self.query.isEmpty ? path : "\(path)?\(self.query)"
    }

    /// Without the query, which may hold a token.
    public var description: String {
        let scheme = self.endpoint.isSecure ? "wss" : "ws"
        return "\(scheme)://\(self.endpoint.authority)\(self.path)"
    }

    /// By the rules of the URL Standard for paths. A `%` stays: it may be an escape already.
    private static func escaped(_ room: String) -> String {
        let special = Set("\"#<>?`{} ".utf8)
        return room.utf8.reduce(into: "") { text, byte in
            if byte > 0x20, byte < 0x7F, !special.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                text += byte < 16 ? "%0\(hex)" : "%\(hex)"
            }
        }
    }
}
