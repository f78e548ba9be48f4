import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOSSL
import RelayClient
import RelayCommands
import Synchronization

/// Whose certificates count, for `https` and `wss`.
struct TrustOption: ParsableArguments {
    @Option(
        help: """
            PEM file of the authorities to trust, or of the relay's own certificate where it made it itself. \
            Default: $PULSAR_RELAY_CA, else what the login was given, else those of the machine.
            """
    )
    var ca: String?

    @Option(help: "PEM file of a certificate to show, for a relay that asks for one. Default: $PULSAR_RELAY_CERT.")
    var cert: String?

    @Option(help: "PEM file of its key. Default: $PULSAR_RELAY_KEY, else the certificate's file.")
    var key: String?

    /// One for each set of files, for as long as the process lives.
    private static let clients = Mutex<[[String?]: HTTPClient]>([:])

    /// The whole path of the authorities that are named here; nil where none are.
    var authority: String? {
        Self.path(self.ca, "PULSAR_RELAY_CA").map { URL(filePath: $0).standardizedFileURL.path(percentEncoded: false) }
    }

    /// Sets whom WebSockets trust, and what they show.
    ///
    /// - Parameter kept: path of the authorities where none are named here; nil for those of the machine.
    /// - Returns: what requests go by.
    /// - Throws: ``UsageError`` where a file does not hold what it should.
    func apply(to configuration: inout RelayClientConfiguration, kept: String? = nil) throws -> HTTPClient {
        let files = [
            self.authority ?? kept, Self.path(self.cert, "PULSAR_RELAY_CERT"),
            Self.path(self.key, "PULSAR_RELAY_KEY"),
        ]
        guard files.contains(where: { $0 != nil }) else { return RelayClient.sharedHTTPClient }
        if let path = files[0] {
            configuration.tls.trustRoots = .certificates(try Self.certificates(path, "--ca"))
        }
        if let path = files[1] {
            configuration.tls.certificateChain = try Self.certificates(path, "--cert").map { .certificate($0) }
            configuration.tls.privateKey = .privateKey(try Self.privateKey(files[2] ?? path))
        } else if files[2] != nil {
            throw UsageError("--key goes with --cert")
        }
        let tls = configuration.tls
        return Self.clients.withLock { clients in
            let client = clients[files] ?? RelayClient.httpClient(trusting: tls)
            clients[files] = client
            return client
        }
    }

    private static func path(_ option: String?, _ variable: String) -> String? {
        let path = option ?? ProcessInfo.processInfo.environment[variable]
        return path.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func certificates(_ path: String, _ option: String) throws -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw UsageError("\(option): \(path) can't be read, or holds no certificate in PEM")
        }
        return certificates
    }

    private static func privateKey(_ path: String) throws -> NIOSSLPrivateKey {
        guard let key = try? NIOSSLPrivateKey(file: path, format: .pem) else {
            throw UsageError("--key: \(path) can't be read, or holds no key in PEM that needs no password")
        }
        return key
    }
}
