import NIOCore
import RelayWire
import SeededRandom

extension ByteBuffer {
    /// A value that JSON has, too, in its shortest form.
    mutating func writeRandomValue(depth: Int, _ random: inout SeededGenerator) {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 7), using: &random) {
        case 0: self.packNull()
        case 1: self.pack(Bool.random(using: &random))
        case 2:
            self.pack(
                UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0...63, using: &random)
            )
        case 3:
            self.pack(
                Int64.random(in: .min...(-1), using: &random) >> Int64.random(in: 0...63, using: &random)
            )
        case 4:
            self.pack(
                Double(sign: .minus, exponent: Int.random(in: -1_070...1_000, using: &random), significand: 1.25)
            )
        case 5, 6: self.pack(text: randomText(&random))
        case 7:
            let count = Int.random(in: 0...20, using: &random)
            self.pack(arrayOf: count)
            for _ in 0..<count { self.writeRandomValue(depth: depth + 2, &random) }
        default:
            let count = Int.random(in: 0...6, using: &random)
            self.pack(mapOf: count)
            for _ in 0..<count {
                self.pack(text: randomText(&random))
                self.writeRandomValue(depth: depth + 1, &random)
            }
        }
    }
}

func randomText(_ random: inout SeededGenerator) -> String {
    let scalars: [Unicode.Scalar] = [
        "a", "Z", "0", "\"", "\\", "/", "\n", "\u{0}", "\u{7F}", "é", "€", "😀", "\u{2028}", " ",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...(random.chance(10) ? 80 : 6), using: &random) {
        text.append(scalars.randomElement(using: &random) ?? "x")
    }
    return String(text)
}

/// With one to four changes, of such bytes, too, as mean something in MessagePack.
func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3: bytes.removeSubrange(place...)
        case 4: bytes.insert(UInt8.random(in: 0xC0...0xDF, using: &random), at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
    }
    return bytes
}
