/// A moment as calendar fields, in the proleptic Gregorian calendar, UTC.
struct CivilTime: Hashable {
    /// 0 to 9999.
    let year: UInt64
    /// 1 to 12.
    let month: UInt64
    /// 1 to 31.
    let day: UInt64
    let hour: UInt64
    let minute: UInt64
    let second: UInt64
    let microsecond: UInt64

    /// Moments outside the years 0 to 9999, which RFC 3339 can't tell, become the nearest one inside.
    init(_ moment: Timestamp) {
        let moment = min(max(moment.microseconds, Self.first), Self.last)
        let days = moment.flooredQuotient(by: Self.microsecondsPerDay)
        let rest = UInt64(moment - days * Self.microsecondsPerDay)
        (self.year, self.month, self.day) = Self.date(days: days)
        self.hour = rest / 3_600_000_000
        self.minute = rest / 60_000_000 % 60
        self.second = rest / 1_000_000 % 60
        self.microsecond = rest % 1_000_000
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 0000-01-01T00:00:00.000000Z
    private static let first: Int64 = -62_167_219_200_000_000
    /// 9999-12-31T23:59:59.999999Z
    private static let last: Int64 = 253_402_300_799_999_999

    /// The calendar repeats every 400 years (an era). Years are counted from 1 March, so that the leap day comes last.
    private static func date(days: Int64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let daysPerEra: Int64 = 146_097
        let fromMarchOfYear0 = days + 719_468
        let era = fromMarchOfYear0.flooredQuotient(by: daysPerEra)
        let dayOfEra = fromMarchOfYear0 - era * daysPerEra
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (UInt64(year), UInt64(month), UInt64(day))
    }
}

extension Int64 {
    /// Towards minus infinity. The divisor must be positive.
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
