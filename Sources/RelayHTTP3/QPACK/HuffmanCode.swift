import NIOCore

/// The Huffman code for texts in heads (RFC 7541 appendix B), decoded. It is canonical: codes of one length follow each other in the order of
/// their symbols, and the lengths follow each other.
enum HuffmanCode {
    /// The longest code, bits.
    private static let longest = 30
    /// How many codes have each length, from 0 bits on.
    private static let counts: [UInt32] = [
        0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3,
        0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4,
    ]
    /// All symbols by their codes. The last code stands for the end, which no text has.
    private static let symbols: [UInt8] = [
        48, 49, 50, 97, 99, 101, 105, 111, 115, 116, 32, 37, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61, 65, 95, 98,
        100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
        80, 81, 82, 83, 84, 85, 86, 87, 89, 106, 107, 113, 118, 119, 120, 121, 122, 38, 42, 44, 59, 88, 90, 33, 34,
        40, 41, 63, 39, 43, 124, 35, 62, 0, 36, 64, 91, 93, 126, 94, 125, 60, 96, 123, 92, 195, 208, 128, 130, 131,
        162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134,
        136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233,
        1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180,
        182, 183, 188, 191, 197, 231, 239, 9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234,
        235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221,
        222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17,
        18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249, 10, 13, 22,
    ]

    /// - Parameter most: of the text, bytes.
    /// - Returns: nil where it is no text, or a longer one.
    static func decode(_ bytes: ByteBuffer, upTo most: Int) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(min(most, bytes.readableBytes * 8 / 5))
        var walk = Walk()
        for byte in bytes.readableBytesView {
            for place in stride(from: 7, through: 0, by: -1) {
                switch walk.step(UInt32(byte >> place & 1)) {
                case .goesOn: continue
                case .symbol(let symbol):
                    guard text.count < most else { return nil }
                    text.append(symbol)
                case .end: return nil
                }
            }
        }
        return walk.mayEnd ? text : nil
    }

    /// From the beginning of a code, bit by bit.
    private struct Walk {
        enum Step {
            case goesOn
            case symbol(UInt8)
            /// No text has this one.
            case end
        }

        private var code: UInt32 = 0
        private var length = 0
        /// The first code of this length.
        private var first: UInt32 = 0
        /// Codes that are shorter.
        private var shorter: UInt32 = 0
        private var hasZero = false

        /// Whether what has come since the last symbol is padding: fewer than 8 bits, all set.
        var mayEnd: Bool { self.length < 8 && !self.hasZero }

        mutating func step(_ bit: UInt32) -> Step {
            self.code = self.code << 1 | bit
            self.first <<= 1
            self.length += 1
            self.hasZero = self.hasZero || bit == 0
            let count = HuffmanCode.counts[self.length]
            if self.code - self.first < count {
                let index = Int(self.shorter + self.code - self.first)
                self = Walk()
                return index < HuffmanCode.symbols.count ? .symbol(HuffmanCode.symbols[index]) : .end
            }
            self.first += count
            self.shorter += count
            return self.length < HuffmanCode.longest ? .goesOn : .end
        }
    }
}
