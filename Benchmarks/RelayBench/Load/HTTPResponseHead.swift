/// The three facts of an HTTP/1 response head that the load generator needs.
struct HTTPResponseHead {
    private(set) var status: Int
    /// 0 when the head has no such header, or one larger than any answer of the servers under test (1 GiB).
    private(set) var contentLength: Int
    /// Up to and including the empty line.
    private(set) var byteCount: Int

    /// One pass over the bytes; nil while the empty line that ends the head hasn't arrived.
    init?(_ bytes: Span<UInt8>) {
        self.status = Self.number(bytes, from: 9)
        self.contentLength = 0
        self.byteCount = 0
        for index in bytes.indices where bytes[index] == Self.newline {
            let line = index + 1
            if line + 1 < bytes.count, bytes[line] == Self.carriageReturn, bytes[line + 1] == Self.newline {
                self.byteCount = line + 2
                return
            }
            if Self.startsContentLength(bytes, at: line) {
                self.contentLength = Self.number(bytes, from: line + Self.contentLengthName.count)
            }
        }
        return nil
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let space = UInt8(ascii: " ")
    private static let contentLengthName = Array("content-length:".utf8)

    private static func startsContentLength(_ bytes: Span<UInt8>, at line: Int) -> Bool {
        guard line + Self.contentLengthName.count <= bytes.count, bytes[line] | 0x20 == Self.contentLengthName[0] else {
            return false
        }
        // Setting bit 0x20 lowers letters and leaves "-" and ":" as they are.
        return Self.contentLengthName.indices.allSatisfy { bytes[line + $0] | 0x20 == Self.contentLengthName[$0] }
    }

    private static func number(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] == Self.space { index += 1 }
        var number = 0
        while index < bytes.count, case 48...57 = bytes[index], number < 1 << 30 {
            number = number * 10 + Int(bytes[index] - 48)
            index += 1
        }
        return number
    }
}
