public import RelayWire

/// What people and programs are told of the certificate that the relay shows.
public struct CertificateFacts: Hashable, Sendable {
    /// SHA-256 of the certificate as it is sent (DER): 64 digits of hexadecimal, in lower case.
    public let fingerprint: String
    /// The certificate is good from this moment on.
    public let notBefore: Timestamp
    /// The certificate is good until this moment.
    public let notAfter: Timestamp
    /// The file of a certificate that the relay has made for itself, by which clients can be told to trust it; nil where it is kept in no file.
    public let ownFile: String?
    /// Whether the relay has made the certificate.
    public let isSelfSigned: Bool
}
