/// A span of time on the command line: `500ms`, `30s`, `5m`, `2h`, or a number of seconds.
public enum SpanText {
    /// - Returns: nil for anything else, for less than 1 ms, and for more than 30 days.
    public static func parse(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let seconds: Double
        switch text.dropFirst(number.count) {
        case "ms": seconds = 0.001
        case "", "s": seconds = 1
        case "m": seconds = 60
        case "h": seconds = 3600
        default: return nil
        }
        guard let amount = Double(number), (0.001...2_592_000).contains(amount * seconds) else { return nil }
        return .seconds(amount * seconds)
    }
}
