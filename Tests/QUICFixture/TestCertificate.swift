public import RelayQUIC

/// A self-signed certificate for `localhost` and 127.0.0.1. Nothing but tests uses it, and none of them looks at when it ends.
public enum TestCertificate {
    /// PEM.
    public static let chain = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUPCvojgx4v4C/yKASvB5Y20/L8MEwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJcXVpYyB0ZXN0MCAXDTI2MTEzMDE5MTYwNVoYDzIxMjYxMTA2
        MTkxNjA1WjAUMRIwEAYDVQQDDAlxdWljIHRlc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARcM72bFiaD616NlV6xvrUh5yPf87NPpYaSozQyfC/tcfzAXuGHoIm6
        fx5vp1SPL3JYCyCRaMz4dzDIqPtxQ4IXo28wbTAdBgNVHQ4EFgQUZofVgolJuL+7
        uGa7EJCKQBSvljUwHwYDVR0jBBgwFoAUZofVgolJuL+7uGa7EJCKQBSvljUwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgUhg3l+JLiRptvC2Mh7fjQVMfniAWz2+i1bpL29fxKz8CIAN5
        INb90x6z8/vqJFyaydowkt+WQy89w9sVJXibyCJV
        -----END CERTIFICATE-----
        """

    /// PEM, the key of ``chain``.
    public static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcbFiFXtbL4iMl0Pd
        2JvhIFeCOhWipziBAtcjYWl1UVOhRANCAARcM72bFiaD616NlV6xvrUh5yPf87NP
        pYaSozQyfC/tcfzAXuGHoIm6fx5vp1SPL3JYCyCRaMz4dzDIqPtxQ4IX
        -----END PRIVATE KEY-----
        """

    /// SHA-256 of the certificate.
    public static let digest: [UInt8] = [
        0x77, 0x49, 0x58, 0x47, 0xC3, 0xB2, 0x9C, 0xF3, 0x9E, 0xB9, 0xB5, 0x61, 0x0C, 0x7A, 0xF6, 0x15,
        0xC4, 0xE9, 0x64, 0x2F, 0x4A, 0xAE, 0xF5, 0x57, 0x3B, 0x65, 0x0A, 0x76, 0xAB, 0xEE, 0x27, 0x8F,
    ]

    /// - Throws: where this build has no QUIC.
    public static func make() throws(QUICProblem) -> QUICCertificate {
        try QUICCertificate(chain: Array(Self.chain.utf8), key: Array(Self.key.utf8))
    }
}
