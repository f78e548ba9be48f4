/// Bytes in hexadecimal: two digits each, blanks between.
func hex(_ text: String) -> [UInt8] {
    text.split(whereSeparator: \.isWhitespace).map { digits in
        guard let byte = UInt8(digits, radix: 16) else { preconditionFailure("not a byte: \(digits)") }
        return byte
    }
}

/// Updates as Yjs writes them.
enum Sample {
    static let text = hex("01 01 01 00 04 01 01 74 06 61 f0 9f 98 80 62 00")
    static let u0 = hex("01 01 ac 02 00 04 01 01 74 01 61 00")
    static let u1 = hex("01 01 ac 02 01 84 ac 02 00 01 62 00")
    static let u2 = hex("01 01 ac 02 02 84 ac 02 01 01 63 00")
    static let u3 = hex("00 01 ac 02 01 01 01")
    static let mapNumber = hex("01 01 02 00 28 01 01 6d 01 6b 01 7d 01 00")
    static let mapText = hex("01 01 02 01 a8 02 00 01 77 01 78 01 02 01 00 01")
    static let mapBytes = hex("01 01 02 02 23 01 01 6d 01 62 01 09 00")
    static let array = hex(
        "01 01 03 00 08 01 01 61 06 7e 78 7d 45 7c 3f 00 00 00 77 02 68 69 76 01 01 70 75 01 7d 01 00"
    )
    static let element = hex("01 01 04 00 07 01 01 78 03 01 70 00")
    static let attribute = hex("01 01 04 01 28 00 04 00 02 69 64 01 77 01 37 00")
    static let richText = hex(
        """
        01 03 05 00 06 01 01 72 04 62 6f 6c 64 04 74 72 75 65 84 05 00 02 61 62 86 05 02 04 62 6f 6c 64 04 6e 75 6c 6c
        00
        """
    )
    static let embed = hex("01 01 05 04 85 05 03 07 7b 22 69 22 3a 31 7d 00")
    static let collected = hex("01 02 06 00 21 01 01 6d 01 63 01 00 02 01 06 01 00 03")
    static let subdocument = hex("01 01 07 00 29 01 01 6d 01 73 01 67 76 00 00")
    static let two = hex("02 01 09 00 04 01 01 74 01 59 01 08 00 04 01 01 74 01 58 00")
    static let eight = hex("01 01 08 00 04 01 01 74 01 58 00")
    static let nine = hex("01 01 09 00 04 01 01 74 01 59 00")

    static let all = [
        text, u0, u1, u2, u3, mapNumber, mapText, mapBytes, array, element, attribute, richText, embed, collected,
        subdocument, two, eight, nine,
    ]
}
