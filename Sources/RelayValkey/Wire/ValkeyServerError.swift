/// An error that the server answered with, such as `WRONGTYPE Operation against a key holding the wrong kind of value`.
public struct ValkeyServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first word, as in `ERR`, `MOVED` or `NOSCRIPT`. Empty if the line does not start with a word in capitals.
    public let prefix: String
    /// The rest, without the blank. For `MOVED` and `ASK` it is the slot and the address.
    public let message: String

    public init(prefix: String, message: String) {
        self.prefix = prefix
        self.message = message
    }

    /// - Parameter line: the error as it came, without the minus sign and the line end.
    public init(line: String) {
        let word = line.prefix { $0 != " " }
        guard !word.isEmpty, word.utf8.allSatisfy(Self.isPrefixByte) else {
            self.init(prefix: "", message: line)
            return
        }
        self.init(prefix: String(word), message: String(line[word.endIndex...].drop { $0 == " " }))
    }

    public var description: String {
        self.prefix.isEmpty ? self.message : "\(self.prefix) \(self.message)"
    }

    private static func isPrefixByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
