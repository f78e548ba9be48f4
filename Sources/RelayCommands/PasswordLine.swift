/// A line typed unseen: what each key does to it.
public struct PasswordLine: Sendable {
    public enum Action: Hashable, Sendable {
        case more
        case finished(String)
        /// Ctrl-C, or Ctrl-D on an empty line.
        case interrupted
    }

    private static let maxBytes = 1024
    private var bytes: [UInt8] = []

    public init() {}

    public mutating func typed(_ key: UInt8) -> Action {
        switch key {
        case 0x0A, 0x0D: return .finished(String(decoding: self.bytes, as: UTF8.self))
        case 0x03: return .interrupted
        case 0x04: return self.bytes.isEmpty ? .interrupted : .finished(String(decoding: self.bytes, as: UTF8.self))
        case 0x08, 0x7F: self.eraseCharacter()
        case 0x15: self.bytes = []
        case 0x00..<0x20: break
        default: if self.bytes.count < Self.maxBytes { self.bytes.append(key) }
        }
        return .more
    }

    /// A character may be several bytes.
    private mutating func eraseCharacter() {
        while let last = self.bytes.popLast(), last & 0xC0 == 0x80 {}
    }
}
