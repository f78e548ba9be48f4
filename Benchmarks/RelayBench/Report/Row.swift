/// One line of the table.
struct Row: Codable, Sendable {
    var what: String
    var unit: String
    var figures: Figures
    /// What is asked, in words; empty when nothing is.
    var must: String
    var verdict: Verdict
    /// What the ratio's other side is.
    var baseline: String
    /// Why figures are missing; empty when none is.
    var remarks: String

    init(
        _ what: String,
        unit: String,
        figures: Figures,
        baseline: String = "bare NIO",
        must: Must? = nil,
        remarks: String = ""
    ) {
        self.what = what
        self.unit = unit
        self.figures = figures
        self.baseline = baseline
        self.must = must?.text ?? ""
        self.verdict = must?.verdict(figures) ?? .informative
        self.remarks = remarks
    }
}
