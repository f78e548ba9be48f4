/// Columns for people: the first flush left, the others flush right.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) {
        self.rows = [header]
    }

    mutating func append(_ row: [String]) {
        self.rows.append(row)
    }

    var lines: [String] {
        let columns = self.rows.first?.indices ?? 0..<0
        let widths = columns.map { column in self.rows.map { $0[column].count }.max() ?? 0 }
        return self.rows.map { row in
            let cells = columns.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + blanks : blanks + row[column]
            }
            return cells.joined(separator: "  ")
        }
    }
}
