/// The bytes that a certificate is made ready from.
struct CertificateMaterial: Sendable {
    /// PEM: the certificate, then those that lead to its authority.
    var certificate: [UInt8]
    /// PEM.
    var key: [UInt8]
}
