import HTTPTypes
import NIOHTTP1
import RelayWire

/// By which transports clients reach the relay, and how they know it there. Open to everyone, since everyone may come by them.
enum TransportRoute {
    static let path = "/.well-known/pulsar-relay"

    /// - Parameter quic: nil where there is no QUIC.
    static func add(to routes: inout RESTRoutes, _ quic: QUICOffer?) {
        routes.on(.get, Self.path, asking: .open(maxBodyBytes: 1_024)) { call in
            guard let host = call.reachedHost else { return Reply(.badRequest, detail: "Host is missing") }
            let all = Self.ofHTTP(host.authority, host.isSecure) + Self.ofQUIC(host.authority, quic)
            return Reply(.ok, .object([("transports", .list(all))]))
        }
    }

    private static func ofHTTP(_ authority: String, _ isSecure: Bool) -> [JSONTree] {
        let mark = isSecure ? "s" : ""
        func tree(_ type: String, _ scheme: String, _ path: String) -> JSONTree {
            .object([("type", .text(type)), ("url", .text("\(scheme)\(mark)://\(authority)\(path)"))])
        }
        return [
            tree("http", "http", ""), tree("websocket", "ws", "/ws"), tree("event_stream", "http", "/sse"),
            tree("pulse", "ws", "/pulse"),
        ]
    }

    private static func ofQUIC(_ authority: String, _ quic: QUICOffer?) -> [JSONTree] {
        guard let quic, quic.speaksHTTP3, let address = quic.address(authority) else { return [] }
        // Browsers that are given digests ask no authority, and take such certificates alone as are good for two weeks at most.
        let hashes = JSONTree.texts(quic.isTrusted ? [] : quic.digests())
        func tree(_ type: String, _ path: String) -> JSONTree {
            .object([
                ("type", .text(type)), ("url", .text("https://\(address)\(path)")), ("certificate_hashes", hashes),
            ])
        }
        return [tree("http3", ""), tree("webtransport", "/wt")]
    }
}
