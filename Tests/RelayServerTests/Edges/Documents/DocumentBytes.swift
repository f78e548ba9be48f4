/// lib0's encodings and y-protocols' messages, written from their descriptions and not by the relay's own code.
enum DocumentBytes {
    static func uint(_ number: Int) -> [UInt8] {
        var rest = number
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func block(_ bytes: [UInt8]) -> [UInt8] { Self.uint(bytes.count) + bytes }

    static func text(_ text: String) -> [UInt8] { Self.block(Array(text.utf8)) }

    /// Takes a block off the front.
    static func takeBlock(_ bytes: inout [UInt8]) -> [UInt8] {
        var (count, shift) = (0, 0)
        while let byte = bytes.first {
            bytes.removeFirst()
            count |= Int(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        defer { bytes.removeFirst(min(count, bytes.count)) }
        return Array(bytes.prefix(count))
    }

    static func step1(_ vector: [UInt8] = [0]) -> [UInt8] { [0, 0] + Self.block(vector) }
    static func step2(_ update: [UInt8]) -> [UInt8] { [0, 1] + Self.block(update) }
    static func update(_ update: [UInt8]) -> [UInt8] { [0, 2] + Self.block(update) }

    /// One client's entry.
    static func awareness(_ client: Int, clock: Int, _ state: String) -> [UInt8] {
        [1] + Self.block([1] + Self.uint(client) + Self.uint(clock) + Self.text(state))
    }

    static let nothing: [UInt8] = [0, 0]
    /// Client 8 types "X" into the text `t`.
    static let x: [UInt8] = [1, 1, 8, 0, 4, 1, 1, 0x74, 1, 0x58, 0]
    /// Client 9 types "Y" into the same text.
    static let y: [UInt8] = [1, 1, 9, 0, 4, 1, 1, 0x74, 1, 0x59, 0]
    /// The state vector of both.
    static let both: [UInt8] = [2, 9, 1, 8, 1]
}
