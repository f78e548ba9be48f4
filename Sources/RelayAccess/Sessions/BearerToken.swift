/// Finds the token in an `Authorization` header: of the scheme `Bearer` (RFC 6750), or `DPoP` (RFC 9449), which a ticket with a key may come
/// by. Whether a proof is needed the token says, and not the scheme.
public enum BearerToken {
    static let usualPrefix = "Bearer "

    /// - Parameter header: the header's value. The scheme may be written in any case, with any blanks after it.
    /// - Returns: nil for another scheme, and where no token follows.
    public static func token(inAuthorization header: String) -> String? {
        let bytes = header.utf8
        guard let blank = bytes.firstIndex(of: UInt8(ascii: " ")),
            bytes[..<blank].elementsEqual("bearer".utf8, by: Self.isSame)
                || bytes[..<blank].elementsEqual("dpop".utf8, by: Self.isSame)
        else { return nil }
        let token = header[blank...].drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }

    /// Whether two ASCII letters differ at most in case.
    private static func isSame(_ left: UInt8, _ right: UInt8) -> Bool {
        left | 0x20 == right
    }
}
