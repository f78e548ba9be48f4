import Crypto
import Foundation
import RelayWire
import SwiftASN1
import X509

/// Makes certificates that vouch for themselves, each with a new key (P-256).
struct CertificateMaker: Sendable {
    /// By which clients' clocks may be behind.
    static let slack = TimeInterval(3_600)

    /// Of the machine, besides `localhost` and its addresses: names, and addresses in their usual form.
    let names: [String]
    /// For which one is good, in seconds.
    let life: TimeInterval

    func make(at now: Timestamp) throws(CertificateProblem) -> CertificateMaterial {
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
            notValidAfter: moment + self.life,
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
        for name in ["localhost"] + self.names + ["127.0.0.1", "::1"] where !texts.contains(name) { texts.append(name) }
        return texts.map { text in
            guard let bytes = IPNetwork.bytes(of: text) else { return .dnsName(text) }
            return .ipAddress(ASN1OctetString(contentBytes: ArraySlice(bytes)))
        }
    }
}
