import Synchronization

/// Names a request in logs and in its response (`x-request-id`).
enum RequestID {
    private static let maximumLength = 64
    private static let counter = Atomic<UInt64>(0)
    /// Tells runs of the relay apart. So short that an id fits into a string of Swift without memory of its own.
    private static let prefix = String(UInt32.random(in: 0..<0x8000_0000), radix: 36) + "-"

    /// The client's own id where it sent a sane one, else a new one.
    static func make(sent: String?) -> String {
        if let sent, self.isSane(sent) { return sent }
        let number = self.counter.add(1, ordering: .relaxed).newValue
        return self.prefix + String(number)
    }

    /// Letters, digits, `-`, `_` and `.` only: it goes into logs and back into a header.
    private static func isSane(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= self.maximumLength
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
