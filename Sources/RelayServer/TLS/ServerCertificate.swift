import Crypto
import NIOCore
import NIOSSL
import RelayWire

/// A certificate that is good: it has its key, it is of this time, and handshakes can begin with it.
struct ServerCertificate: Sendable {
    /// For handshakes with clients.
    let context: NIOSSLContext
    let facts: CertificateFacts
    /// The certificate, then those that lead to its authority.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// What it was made ready from.
    let material: CertificateMaterial

    /// The oldest version that is spoken. Clients of the last ten years have it.
    private static let oldestVersion = TLSVersion.tlsv12
    /// For which a peer that is told of the end of the connection may take to say the same.
    private static let closingPatience = 1

    /// The protocols that may follow the handshake, by their names in ALPN, the preferred first.
    static let protocols = ["h2", "http/1.1"]
    /// The same where HTTP/2 is not offered.
    static let oldProtocols = ["http/1.1"]

    /// - Parameters:
    ///   - paths: the files that problems are told of; nil for a certificate that is in none.
    ///   - authorities: clients need a certificate of one of them; nil where they need none.
    ///   - isSelfSigned: whether the relay has made it.
    ///   - protocols: that may follow the handshake, by their names in ALPN, the preferred first.
    init(
        _ material: CertificateMaterial,
        from paths: (certificate: String, key: String)?,
        authorities: [NIOSSLCertificate]?,
        isSelfSigned: Bool,
        protocols: [String] = Self.protocols,
        at now: Timestamp
    ) throws(CertificateProblem) {
        self.material = material
        let chain = try Self.certificates(material.certificate, paths?.certificate)
        self.chain = chain
        guard let key = try? NIOSSLPrivateKey(bytes: material.key, format: .pem) else {
            throw CertificateProblem(.noKey, paths?.key)
        }
        self.key = key
        guard let first = chain.first, let bytes = try? first.toDERBytes() else {
            throw CertificateProblem(.noCertificate, paths?.certificate)
        }
        self.facts = CertificateFacts(
            fingerprint: String(hexadecimal: SHA256.hash(data: bytes)),
            notBefore: Timestamp(microseconds: 0).adding(seconds: Int64(first.notValidBefore)),
            notAfter: Timestamp(microseconds: 0).adding(seconds: Int64(first.notValidAfter)),
            ownFile: isSelfSigned ? paths?.certificate : nil,
            isSelfSigned: isSelfSigned
        )
        guard self.facts.notBefore <= now else { throw CertificateProblem(.notYetGood, paths?.certificate) }
        guard now < self.facts.notAfter else { throw CertificateProblem(.expired, paths?.certificate) }
        do {
            self.context = try NIOSSLContext(configuration: Self.configuration(chain, key, authorities, protocols))
        } catch {
            throw CertificateProblem(.otherKey, paths?.key)
        }
    }

    /// - Throws: where there is none.
    static func certificates(_ bytes: [UInt8], _ path: String?) throws(CertificateProblem) -> [NIOSSLCertificate] {
        guard let all = try? NIOSSLCertificate.fromPEMBytes(bytes), !all.isEmpty else {
            throw CertificateProblem(.noCertificate, path)
        }
        return all
    }

    private static func configuration(
        _ chain: [NIOSSLCertificate],
        _ key: NIOSSLPrivateKey,
        _ authorities: [NIOSSLCertificate]?,
        _ protocols: [String]
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = Self.oldestVersion
        configuration.applicationProtocols = protocols
        configuration.shutdownTimeout = .seconds(Int64(Self.closingPatience))
        if let authorities {
            configuration.trustRoots = .certificates(authorities)
            // A client has no host name.
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }
}
