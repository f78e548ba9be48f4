/// How sizes are written: a plain number of bytes, or a number with `KiB`, `MiB` or `GiB`.
enum ByteSize {
    static let forms = "a number of bytes, or like 64KiB, 16MiB, 1GiB"

    private static let shifts = [("KiB", 10), ("MiB", 20), ("GiB", 30)]

    /// - Returns: nil where `text` is neither form, or the size does not fit into 63 bits.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "_") }
        let suffix = text.dropFirst(digits.count).lowercased()
        guard let number = Int(digits.filter { $0 != "_" }) else { return nil }
        guard !suffix.isEmpty else { return number }
        guard let shift = self.shifts.first(where: { $0.0.lowercased() == suffix })?.1 else { return nil }
        let (bytes, overflowed) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflowed ? nil : bytes
    }

    /// A number with the largest suffix that keeps it whole.
    static func render(_ bytes: Int) -> String {
        let shift = self.shifts.last { bytes != 0 && bytes % (1 << $0.1) == 0 }
        return shift.map { "\(bytes >> $0.1)\($0.0)" } ?? String(bytes)
    }
}
