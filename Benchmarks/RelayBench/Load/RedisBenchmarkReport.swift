/// What redis-benchmark prints with `--csv`: a line of quoted titles, and a line of quoted values for the one test.
struct RedisBenchmarkReport {
    /// Requests per second.
    let rate: Double

    /// - Returns: nil without a line of titles that has `rps`, or without a number in that column of the line after it.
    init?(csv: String) {
        let lines = csv.split(whereSeparator: \.isNewline).map(Self.cells)
        guard let titles = lines.firstIndex(where: { $0.contains("rps") }), titles + 1 < lines.count,
            let column = lines[titles].firstIndex(of: "rps"), column < lines[titles + 1].count,
            let rate = Double(lines[titles + 1][column])
        else { return nil }
        self.rate = rate
    }

    /// The cells of a line, each within quotes; a comma in quotes divides nothing.
    private static func cells(_ line: Substring) -> [String] {
        line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .compactMap { index, part in index.isMultiple(of: 2) ? nil : String(part) }
    }
}
