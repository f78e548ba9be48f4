/// How spans of time are written: a plain number, or a number with `ms`, `s`, `m`, `h` or `d`.
enum DurationText {
    static let examples = "500ms, 30s, 5m, 24h, 7d"

    enum Unit: String, Sendable, CaseIterable {
        case millisecond
        case second
        case minute
        case hour
        case day

        var suffix: String {
            switch self {
            case .millisecond: "ms"
            case .second: "s"
            case .minute: "m"
            case .hour: "h"
            case .day: "d"
            }
        }

        var milliseconds: Int64 {
            switch self {
            case .millisecond: 1
            case .second: 1_000
            case .minute: 60_000
            case .hour: 3_600_000
            case .day: 86_400_000
            }
        }
    }

    /// - Parameter unit: what a number without suffix counts.
    /// - Returns: nil where `text` is neither form, or the span is more than 100,000 days or not whole milliseconds.
    static func parse(_ text: String, unit: Unit) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text.dropFirst(number.count)
        guard let unit = suffix.isEmpty ? unit : Unit.allCases.first(where: { $0.suffix == suffix }),
            let amount = Double(number)
        else { return nil }
        let milliseconds = amount * Double(unit.milliseconds)
        guard milliseconds <= Double(Self.longestMilliseconds), milliseconds == milliseconds.rounded() else {
            return nil
        }
        return .milliseconds(Int64(milliseconds))
    }

    /// 100,000 days.
    private static let longestMilliseconds = 100_000 * Unit.day.milliseconds

    /// Whether ``parse(_:unit:)`` could give this span.
    static func canBeWritten(_ span: Duration) -> Bool {
        let whole = Duration.milliseconds(self.milliseconds(span))
        return whole == span && span >= .zero && whole <= .milliseconds(Self.longestMilliseconds)
    }

    /// Reads the object `{"secs": 5, "nanos": 0}`, in which the session service's files write times.
    ///
    /// - Parameter members: name and text. One of the two may be missing, and counts as 0.
    /// - Returns: nil where another member is there, or one is no whole number in its range.
    static func span(ofObject members: [(name: String, text: String)]) -> Duration? {
        var span = Duration.zero
        for (name, text) in members {
            guard let amount = Int64(text), amount >= 0 else { return nil }
            switch name {
            case "secs" where amount <= self.longestMilliseconds / 1_000: span += .seconds(amount)
            case "nanos" where amount < 1_000_000_000: span += .nanoseconds(amount)
            default: return nil
            }
        }
        return span
    }

    /// A plain number where `span` is a whole number of `unit`, else a number with a suffix. ``parse(_:unit:)`` reads both.
    static func render(_ span: Duration, unit: Unit) -> String {
        let milliseconds = self.milliseconds(span)
        guard milliseconds % unit.milliseconds == 0 else { return self.render(span) }
        return String(milliseconds / unit.milliseconds)
    }

    /// A number with the largest suffix that keeps it whole.
    static func render(_ span: Duration) -> String {
        let milliseconds = self.milliseconds(span)
        guard milliseconds != 0 else { return "0s" }
        let unit = Unit.allCases.last { milliseconds % $0.milliseconds == 0 } ?? .millisecond
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }

    private static func milliseconds(_ span: Duration) -> Int64 {
        let (seconds, attoseconds) = span.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
