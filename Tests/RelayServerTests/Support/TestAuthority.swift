import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// An authority of somebody's own, which no machine believes by itself, and the certificate of a server at `localhost` that it has signed.
struct TestAuthority {
    private static let life: TimeInterval = 3_600

    /// Of the authority: PEM.
    let root: String
    private let certificate: String
    private let key: String

    init() throws {
        let (rootKey, serverKey) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
        let rootName = try DistinguishedName { CommonName("An authority of a company's own") }
        let issuer = Certificate.PrivateKey(rootKey)
        let ofRoot = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true))
        }
        let root = try Self.certificate(of: issuer, rootName, by: issuer, rootName, ofRoot)
        let serverName = try DistinguishedName { CommonName("localhost") }
        let ofServer = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            try ExtendedKeyUsage([.serverAuth])
            SubjectAlternativeNames([.dnsName("localhost")])
        }
        let server = try Self.certificate(
            of: Certificate.PrivateKey(serverKey),
            serverName,
            by: issuer,
            rootName,
            ofServer
        )
        self.root = try root.serializeAsPEM().pemString
        self.certificate = try server.serializeAsPEM().pemString
        self.key = serverKey.pemRepresentation
    }

    private static func certificate(
        of key: Certificate.PrivateKey,
        _ subject: DistinguishedName,
        by issuerKey: Certificate.PrivateKey,
        _ issuer: DistinguishedName,
        _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -Self.life),
            notValidAfter: Date(timeIntervalSinceNow: Self.life),
            issuer: issuer,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: issuerKey
        )
    }

    /// What the server at `localhost` shows its clients.
    var serverContext: NIOSSLContext {
        get throws {
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(self.certificate.utf8))
                        .map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(self.key.utf8), format: .pem))
                )
            )
        }
    }
}
