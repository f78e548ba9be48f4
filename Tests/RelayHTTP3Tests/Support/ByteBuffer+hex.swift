import NIOCore

struct NoHexadecimal: Error {}

extension ByteBuffer {
    init(hex: String) throws {
        let digits = Array(hex.utf8).map { Character(UnicodeScalar($0)).hexDigitValue }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { throw NoHexadecimal() }
            bytes.append(UInt8(high << 4 | low))
        }
        self.init(bytes: bytes)
    }
}
