/// A message's id, which can be compared.
struct StreamID: Comparable, CustomStringConvertible {
    let milliseconds: UInt64
    let sequence: UInt64

    init?(_ text: String) {
        let parts = text.split(separator: "-").compactMap { UInt64($0) }
        guard parts.count == 2 else { return nil }
        self.milliseconds = parts[0]
        self.sequence = parts[1]
    }

    static func < (a: StreamID, b: StreamID) -> Bool {
        (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence)
    }

    var description: String { "\(self.milliseconds)-\(self.sequence)" }
}
