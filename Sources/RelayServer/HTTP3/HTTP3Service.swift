import NIOCore
import RelayHTTP3
import RelayQUIC

/// Takes the connections of QUIC that speak HTTP/3.
final class HTTP3Service: Sendable {
    /// By its name in ALPN.
    static let name = "h3"

    private let services: HTTPServices
    private let http2: HTTP2Services

    /// - Parameter http2: has the bounds of streams and addresses, which hold for HTTP/2 and HTTP/3 together.
    init(_ services: HTTPServices, _ http2: HTTP2Services) {
        self.services = services
        self.http2 = http2
    }

    /// For whoever accepts connections: on the connection's loop, which is one of the relay's.
    ///
    /// - Returns: nil where the connection is not taken, and was told so.
    func accept(_ connection: QUICConnection) -> (any QUICConnectionHandler)? {
        HTTP3Link.open(connection, self.services.latest, self.http2)
    }
}
