import Glibc
import RelayWire

/// The certificate that the configuration means.
extension RelayConfiguration {
    /// - Returns: nil where the port speaks plain HTTP.
    /// - Throws: ``RelayStartError`` where it is of no use. A relay that would be reached in the clear does not start.
    func openCertificate(at now: Timestamp) throws -> ServedCertificate? {
        guard var source = self.certificateSource else { return nil }
        source.protocols = self.server.http2 ? ServerCertificate.protocols : ServerCertificate.oldProtocols
        do {
            return try ServedCertificate(source, at: now)
        } catch {
            throw RelayStartError.unavailable("there is no TLS: \(error)")
        }
    }

    private var certificateSource: CertificateSource? {
        let authorities = self.tls.requiredAuthorityPath
        if let certificate = self.tls.certificatePath, let key = self.tls.keyPath {
            return CertificateSource(origin: .files(certificate: certificate, key: key), authorities: authorities)
        }
        guard self.tls.isSelfSigned else { return nil }
        let directory = self.storage.backend == .sqlite ? self.storage.dataDirectory : nil
        let own = SelfSignedCertificate(in: directory, names: [Self.machineName].compactMap(\.self))
        return CertificateSource(origin: .selfSigned(own), authorities: authorities)
    }

    /// Nil where it is no name that a certificate can have.
    static var machineName: String? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isPlain && !name.isEmpty ? name : nil
    }
}
