import FoundationEssentials

/// Base64 with the URL alphabet and no padding (RFC 4648, section 5).
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedString().utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for padding, foreign characters, and any text that ``encode(_:)`` would not have made. One
    ///   value has one text, so a token can't be varied without becoming another token.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var base64 = text.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        base64 += repeatElement(UInt8(ascii: "="), count: (4 - base64.count % 4) % 4)
        guard let bytes = Data(base64Encoded: Data(base64)), Self.encode(bytes).utf8.elementsEqual(text) else {
            return nil
        }
        return Array(bytes)
    }
}
