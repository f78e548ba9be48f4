import NIOCore
import NIOSSL

/// How to speak TLS to a server.
public struct ValkeyTLS: Sendable, Hashable {
    /// A PEM file with the authorities to trust. Nil means those of the machine.
    public var certificateAuthorityPath: String?
    /// Whether the server's certificate has to name the host. Its chain is checked in any case.
    public var verifiesHostname: Bool

    public init(certificateAuthorityPath: String? = nil, verifiesHostname: Bool = true) {
        self.certificateAuthorityPath = certificateAuthorityPath
        self.verifiesHostname = verifiesHostname
    }

    /// Reads the authorities.
    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = self.verifiesHostname ? .fullVerification : .noHostnameVerification
        // A server that hangs does not answer a goodbye either.
        configuration.shutdownTimeout = .milliseconds(200)
        if let path = self.certificateAuthorityPath { configuration.trustRoots = .file(path) }
        return try NIOSSLContext(configuration: configuration)
    }
}
