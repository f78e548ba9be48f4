import RelayWire

/// RFC 3339 in UTC with microseconds: `2026-11-21T11:34:19.000000Z`.
enum LogTime {
    static func render(_ time: Timestamp) -> String {
        let (seconds, microseconds) = self.floor(time.microseconds, by: 1_000_000)
        let (days, second) = self.floor(seconds, by: 86_400)
        let date = self.date(daysSinceEpoch: days)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { self.padded($0, 2) }.joined(separator: ":")
        let day = "\(self.padded(date.year, 4))-\(self.padded(date.month, 2))-\(self.padded(date.day, 2))"
        return "\(day)T\(clock).\(self.padded(microseconds, 6))Z"
    }

    /// Counts years from 1 March, so that the leap day is a year's last, in eras of 400 years (146,097 days).
    private static func date(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = self.floor(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func floor(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
