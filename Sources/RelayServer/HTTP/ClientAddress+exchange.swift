import NIOCore
import NIOHTTP1

extension ClientAddress {
    /// What the addresses of the client of a request have in common, see ``key(_:)``.
    func key(of exchange: Exchange) -> String {
        let peer = exchange.connection.channel?.remoteAddress?.ipAddress ?? "unknown"
        return Self.key(self.address(peer: peer, forwardedFor: exchange.head.headers["x-forwarded-for"]))
    }
}
