/// How a figure stands against what is asked of it.
enum Verdict: String, Codable, Sendable {
    case met
    case missed = "MISSED"
    /// The figure that would decide isn't there.
    case unmeasured = "not measured"
    /// Nothing is asked.
    case informative = "-"
}
