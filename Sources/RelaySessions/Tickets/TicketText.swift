/// A ticket on the wire: a JWS in compact form (RFC 7515, section 7.1), signed with Ed25519 (RFC 8037, section 3.1).
///
/// The header is one of those that the relay writes itself, byte for byte, one for each key. So nothing that a stranger wrote is parsed
/// before the signature is checked: there is no other algorithm, no `crit`, no key that the header brings along.
enum TicketText {
    /// Of a whole ticket. Longer ones are refused before anything of them is decoded.
    static let maximumBytes = 4096

    private static let beforeKey = Array(#"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":""#.utf8)
    private static let afterKey = Array(#""}"#.utf8)
    private static let dot = UInt8(ascii: ".")

    /// Encoded.
    static func header(naming key: KeyThumbprint) -> [UInt8] {
        Array(Sodium.base64(Self.beforeKey + Array(key.text.utf8) + Self.afterKey).utf8)
    }

    static func sign(_ payload: [UInt8], by keys: TicketKeys) -> String {
        let signed = keys.verifying[0].header + [Self.dot] + Array(Sodium.base64(payload).utf8)
        return String(decoding: signed, as: UTF8.self) + "." + Sodium.base64(keys.current.sign(signed))
    }

    /// - Parameter text: of at most ``maximumBytes``.
    /// - Returns: the payload, which one of the keys signed.
    static func open(_ text: [UInt8], with keys: TicketKeys) throws(TicketRefusal) -> [UInt8] {
        let parts = text.split(separator: Self.dot, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed }
        guard let verifying = keys.verifying.first(where: { $0.header.elementsEqual(parts[0]) }) else {
            throw Self.isHeader(parts[0]) ? .unknownKey : .malformed
        }
        guard let signature = Sodium.bytes(base64: parts[2]), signature.count == Sodium.signatureBytes else {
            throw .malformed
        }
        guard verifying.key.signed(Array(text[..<parts[1].endIndex]), with: signature) else { throw .badSignature }
        guard let payload = Sodium.bytes(base64: parts[1]) else { throw .malformed }
        return payload
    }

    static func hasHeader(_ text: [UInt8]) -> Bool {
        Self.isHeader(text.prefix { $0 != Self.dot })
    }

    /// Whether it is the header of a ticket, whosever key it names.
    private static func isHeader(_ encoded: ArraySlice<UInt8>) -> Bool {
        guard let header = Sodium.bytes(base64: encoded), header.starts(with: Self.beforeKey),
            header.suffix(Self.afterKey.count) == Self.afterKey[...]
        else { return false }
        let name = header.dropFirst(Self.beforeKey.count).dropLast(Self.afterKey.count)
        return KeyThumbprint(text: String(decoding: name, as: UTF8.self)) != nil
    }
}
