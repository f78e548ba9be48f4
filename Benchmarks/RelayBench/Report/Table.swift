import Foundation

/// The result as plain text, a row a line, columns aligned.
struct Table {
    private static let titles = [
        "what", "unit", "relay", "bare NIO", "nchan", "ratio", "to", "/nchan", "must", "verdict",
    ]
    /// The columns of numbers, which are set flush right.
    private static let numbers: Set = [2, 3, 4, 5, 7]

    let rows: [Row]

    var text: String {
        let lines = [Self.titles] + self.rows.map(Self.cells)
        let widths = Self.titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return (lines.map { Self.line($0, widths: widths) } + self.remarks).joined(separator: "\n")
    }

    /// Lines below the table: they are too long for a column, and often the same for several rows.
    private var remarks: [String] {
        self.rows.filter { !$0.remarks.isEmpty }.map { "  \($0.what): \($0.remarks)" }
    }

    private static func cells(_ row: Row) -> [String] {
        let figures = row.figures
        var toNchan: Double?
        if let relay = figures.relay, let nchan = figures.nchan, nchan > 0 {
            toNchan = relay / nchan
        }
        return [row.what, row.unit]
            + [figures.relay, figures.bare, figures.nchan].map(Self.number)
            + [Self.comparison(figures), row.baseline, Self.decimal(toNchan, digits: 2)]
            + [row.must, row.verdict.rawValue]
    }

    /// A ratio, or a difference with its sign.
    private static func comparison(_ figures: Figures) -> String {
        guard figures.ratio == nil, let difference = figures.difference else {
            return Self.decimal(figures.ratio, digits: 2)
        }
        return difference.formatted(
            .number.precision(.fractionLength(0)).grouping(.never).sign(strategy: .always(includingZero: false))
        )
    }

    private static func number(_ value: Double?) -> String {
        Self.decimal(value, digits: (value ?? 0) < 1000 ? 2 : 0)
    }

    private static func decimal(_ value: Double?, digits: Int) -> String {
        guard let value else { return "-" }
        return value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }

    private static func line(_ cells: [String], widths: [Int]) -> String {
        let padded = cells.indices.map { column in
            let blanks = String(repeating: " ", count: widths[column] - cells[column].count)
            return Self.numbers.contains(column) ? blanks + cells[column] : cells[column] + blanks
        }
        return padded.joined(separator: "  ")
    }
}
