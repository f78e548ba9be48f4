import Crypto
import RelayWire

extension BoundedName<TicketIDKind> {
    /// A new `jti`: 128 random bits as 32 lower-case hex digits.
    ///
    /// - Parameter generator: the system's, but in tests.
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        .hexadecimal(.random(16, using: &generator))
    }

    /// That of a token which has none: from what it says, so that it can be counted and revoked all the same.
    static func ofLegacyPayload(_ payload: [UInt8]) -> Self {
        let label = Array("pulsar-relay: id of an older join token, 1".utf8)
        return .hexadecimal(Array(SHA256.hash(data: label + payload).prefix(16)))
    }
}

extension BoundedName<SessionIDKind> {
    /// A new session's id: 128 random bits as 32 lower-case hex digits. Nobody guesses it.
    ///
    /// - Parameter generator: the system's, but in tests.
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        .hexadecimal(.random(16, using: &generator))
    }

    /// One that is as good as random, and always the same: of 128 bits that only the cluster can make.
    static func ofDigest(_ bytes: some Sequence<UInt8>) -> Self {
        .hexadecimal(Array(bytes))
    }
}

extension BoundedName<TunnelIDKind> {
    /// A new tunnel's id: 128 random bits as 32 lower-case hex digits.
    ///
    /// - Parameter generator: the system's, but in tests.
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        .hexadecimal(.random(16, using: &generator))
    }
}

extension BoundedName {
    fileprivate static func hexadecimal(_ bytes: [UInt8]) -> Self {
        guard let name = Self(String(hexadecimal: bytes)) else { preconditionFailure("32 hex digits are a name") }
        return name
    }
}

extension [UInt8] {
    static func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
