import Foundation

/// Where a collector listens: a URL of `http` or `https`.
public struct OTLPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// The longest that is taken, bytes.
    public static let maximumLength = 2_048
    /// The port that means gRPC; the one for HTTP is 4318.
    public static let portOfGRPC = 4_317

    /// As it was given.
    public let description: String
    let isSecure: Bool
    let host: String
    /// 1 to 65535.
    public let port: Int
    /// Without a slash at its end; empty as a rule.
    let path: String

    /// - Parameter text: a URL like `http://collector:4318`.
    /// - Returns: nil where it is no such URL, or holds what has no place in one that a log may show: a username or a password.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.fragment == nil,
            parts.query == nil
        else { return nil }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { return nil }
        self.description = text
        self.isSecure = scheme == "https"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = port
        self.path = String(parts.percentEncodedPath.reversed().drop { $0 == "/" }.reversed())
    }

    /// Host and port, as a request names them.
    var authority: String { self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)" }

    /// Where a signal is posted to with OTLP over HTTP.
    func url(of signal: TelemetrySignal) -> String {
        "\(self.isSecure ? "https" : "http")://\(self.authority)\(self.path)/v1/\(signal.rawValue)"
    }
}

/// How a collector is spoken to.
public enum OTLPProtocol: String, Hashable, Sendable, CaseIterable {
    /// `grpc` on port 4317, `http` on every other.
    case auto
    /// OTLP over gRPC.
    case grpc
    /// OTLP over HTTP with binary messages.
    case http

    /// Whether it is gRPC.
    func isGRPC(at endpoint: OTLPEndpoint) -> Bool {
        switch self {
        case .auto: endpoint.port == OTLPEndpoint.portOfGRPC
        case .grpc: true
        case .http: false
        }
    }
}
