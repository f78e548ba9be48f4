import Foundation

/// Where a provider does what, and what it calls itself.
struct ProviderEndpoints: Hashable, Sendable {
    var issuer: String
    /// Not of those who only give out tokens.
    var authorization: OutgoingURL?
    var token: OutgoingURL?
    var keys: OutgoingURL
    var userInfo: OutgoingURL?
    /// Whether it says its name when it sends a browser back (RFC 9207).
    var namesItself = false
    /// How it wants the relay's secret.
    var clientAuthentication = ClientAuthentication.basic

    private struct Discovered: Decodable {
        let issuer: String
        let authorization_endpoint: String?
        let token_endpoint: String?
        let jwks_uri: String
        let userinfo_endpoint: String?
        let authorization_response_iss_parameter_supported: Bool?
        let token_endpoint_auth_methods_supported: [String]?
    }

    static let wellKnown = "/.well-known/openid-configuration"

    /// - Parameter issuer: with or without a slash at its end.
    static func discovery(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + Self.wellKnown
    }

    /// Reads a discovery document.
    ///
    /// - Parameters:
    ///   - url: where it was found.
    ///   - expected: what the operator says that the issuer is; nil: what the document's own place says.
    ///   - permitted: reads an address to which the relay may send.
    /// - Throws: `refused` where it says that it is another's, or names what it must not.
    init(
        _ document: Data,
        from url: OutgoingURL,
        expected: String?,
        permitted: (String) -> OutgoingURL?
    ) throws(IssuerTrouble) {
        guard let found = try? JSONDecoder().decode(Discovered.self, from: document) else {
            throw .refused("\(url) is no discovery document")
        }
        let isOwn = expected.map { $0.utf8.elementsEqual(found.issuer.utf8) } ?? Self.isAtHome(found.issuer, url)
        guard isOwn else { throw .refused("\(url) is of another issuer: \(found.issuer.prefix(200).debugDescription)") }
        guard let keys = permitted(found.jwks_uri) else { throw .refused("\(url) has no jwks_uri that may be used") }
        self.issuer = found.issuer
        self.keys = keys
        self.authorization = found.authorization_endpoint.flatMap(permitted)
        self.token = found.token_endpoint.flatMap(permitted)
        self.userInfo = found.userinfo_endpoint.flatMap(permitted)
        self.namesItself = found.authorization_response_iss_parameter_supported ?? false
        self.clientAuthentication = ClientAuthentication(offered: found.token_endpoint_auth_methods_supported)
    }

    private static func isAtHome(_ issuer: String, _ url: OutgoingURL) -> Bool {
        OutgoingURL(Self.discovery(of: issuer)) == url
    }

    init(issuer: String, authorization: OutgoingURL?, token: OutgoingURL?, keys: OutgoingURL, userInfo: OutgoingURL?) {
        self.issuer = issuer
        self.authorization = authorization
        self.token = token
        self.keys = keys
        self.userInfo = userInfo
    }
}
