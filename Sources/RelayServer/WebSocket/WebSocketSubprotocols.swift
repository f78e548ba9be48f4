import NIOHTTP1

/// What a client offers in `Sec-WebSocket-Protocol`.
///
/// Browsers can't set headers, so they may bring their token there: `bearer, bearer.<token>`, in any order. The relay
/// selects `bearer` if it was offered, and never repeats the entry with the token.
struct WebSocketSubprotocols {
    private static let tokenPrefix = "bearer."

    private let offered: [Substring]

    init(_ headers: HTTPHeaders) {
        self.offered = headers["sec-websocket-protocol"].flatMap { value in
            value.split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }
                .map { $0.prefix { $0 != " " && $0 != "\t" } }
        }
    }

    var bearerToken: String? {
        self.offered.first { $0.hasPrefix(Self.tokenPrefix) && $0.count > Self.tokenPrefix.count }
            .map { String($0.dropFirst(Self.tokenPrefix.count)) }
    }

    /// The first that is no token's place; nil where there is none.
    var firstOffered: String? {
        self.offered.first { !$0.isEmpty && !$0.hasPrefix(Self.tokenPrefix) }.map { String($0) }
    }

    var selected: String? {
        self.offered.contains("bearer") ? "bearer" : nil
    }
}
