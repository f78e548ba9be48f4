import Glibc
import NIOCore
import RelayCore
import RelayWire

/// The value of HTTP's `Date` field (RFC 9110, section 5.6.7), made anew once a second.
struct DateField {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var text = ""
    private var validUntil = NIODeadline.uptimeNanoseconds(0)

    /// - Parameters:
    ///   - now: decides whether the text is still good.
    ///   - wallClock: asked once a second.
    mutating func text(at now: NIODeadline, wallClock: () -> Timestamp = RelayClock.system.now) -> String {
        guard now >= self.validUntil else { return self.text }
        let (second, rest) = wallClock().microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        self.text = Self.text(secondsSince1970: Int(second))
        self.validUntil = now + .microseconds(1_000_000 - rest)
        return self.text
    }

    static func text(secondsSince1970: Int) -> String {
        var seconds = secondsSince1970
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = unsafe "\(two(parts.tm_mday)) \(self.months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        let time = unsafe "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return unsafe "\(self.days[Int(parts.tm_wday)]), \(day) \(time) GMT"
    }
}
