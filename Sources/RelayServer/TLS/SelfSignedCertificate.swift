import Crypto
import Foundation
import NIOSSL
import RelayWire
import SwiftASN1
import Synchronization
import X509

/// A certificate that the relay makes for itself, for development. It is kept, and made anew when it nears its end.
final class SelfSignedCertificate: Sendable {
    /// For which one is good.
    static let life = TimeInterval(90 * 86_400)
    /// So long before its end it is made anew.
    static let renewal = Int64(30 * 86_400)
    /// By which clients' clocks may be behind.
    private static let slack = TimeInterval(3_600)

    private let files: (certificate: String, key: String)?
    private let names: [String]
    /// The newest, where it is kept in no file.
    private let kept = Mutex<CertificateMaterial?>(nil)

    /// - Parameters:
    ///   - directory: where it is kept; nil to keep it in memory alone, for as long as the process lives.
    ///   - names: of this machine, besides `localhost`.
    init(in directory: String?, names: [String]) {
        self.files = directory.map { ("\($0)/tls-self-signed.crt", "\($0)/tls-self-signed.key") }
        self.names = names
    }

    /// The one that is kept, if it is good for long enough, else a new one.
    func load(
        authorities: [NIOSSLCertificate]?,
        protocols: [String] = ServerCertificate.protocols,
        at now: Timestamp
    ) throws(CertificateProblem) -> ServerCertificate {
        if let material = self.stored, let known = try? self.ready(material, authorities, protocols, at: now),
            !Self.isDue(known.facts, at: now)
        {
            return known
        }
        let material = try self.make(at: now)
        let certificate = try self.ready(material, authorities, protocols, at: now)
        try self.keep(material)
        return certificate
    }

    /// Whether a certificate is to be replaced by a new one.
    static func isDue(_ facts: CertificateFacts, at now: Timestamp) -> Bool {
        now.adding(seconds: self.renewal) >= facts.notAfter
    }

    private func ready(
        _ material: CertificateMaterial,
        _ authorities: [NIOSSLCertificate]?,
        _ protocols: [String],
        at now: Timestamp
    ) throws(CertificateProblem) -> ServerCertificate {
        try ServerCertificate(
            material,
            from: self.files,
            authorities: authorities,
            isSelfSigned: true,
            protocols: protocols,
            at: now
        )
    }

    // MARK: Keeping it

    private var stored: CertificateMaterial? {
        guard let files = self.files else { return self.kept.withLock(\.self) }
        guard let certificate = try? Data(contentsOf: URL(filePath: files.certificate)),
            let key = try? Data(contentsOf: URL(filePath: files.key))
        else { return nil }
        return CertificateMaterial(certificate: Array(certificate), key: Array(key))
    }

    /// The key goes first: a crash between the two leaves a pair that does not match, and then both are made anew.
    private func keep(_ material: CertificateMaterial) throws(CertificateProblem) {
        guard let files = self.files else { return self.kept.withLock { $0 = material } }
        do {
            try PrivateFile.replace(files.key, with: material.key, mode: 0o600)
            try PrivateFile.replace(files.certificate, with: material.certificate, mode: 0o644)
        } catch {
            throw CertificateProblem(.notMade(cause: "\(error)"))
        }
    }

    // MARK: Making it

    private func make(at now: Timestamp) throws(CertificateProblem) -> CertificateMaterial {
        do {
            let key = P256.Signing.PrivateKey()
            let certificate = try self.certificate(of: Certificate.PrivateKey(key), at: now)
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            let document = PEMDocument(type: "CERTIFICATE", derBytes: serializer.serializedBytes)
            return CertificateMaterial(
                certificate: Array((document.pemString + "\n").utf8),
                key: Array((key.pemRepresentation + "\n").utf8)
            )
        } catch {
            throw CertificateProblem(.notMade(cause: "\(error)"))
        }
    }

    private func certificate(of key: Certificate.PrivateKey, at now: Timestamp) throws -> Certificate {
        let moment = Date(timeIntervalSince1970: TimeInterval(now.microseconds / 1_000_000))
        let name = try DistinguishedName { CommonName("Pulsar Relay, self-signed") }
        return try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: moment - Self.slack,
            notValidAfter: moment + Self.life,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                // Without a list of what the key is for: BoringSSL trusts no certificate of itself whose key may sign no certificates.
                Critical(BasicConstraints.notCertificateAuthority)
                // A relay is a client to other relays.
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectKeyIdentifier(hash: key.publicKey)
                SubjectAlternativeNames(self.alternativeNames)
            },
            issuerPrivateKey: key
        )
    }

    private var alternativeNames: [GeneralName] {
        var texts: [String] = []
        for name in ["localhost"] + self.names where !texts.contains(name) { texts.append(name) }
        return texts.map { .dnsName($0) } + [
            .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
            .ipAddress(ASN1OctetString(contentBytes: ArraySlice([UInt8](repeating: 0, count: 15) + [1]))),
        ]
    }
}
