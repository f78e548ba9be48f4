/// The place of a message in its topic, and so the cursor of a reader that has seen it: `<unix-ms>-<seq>`.
///
/// Ids of one topic strictly increase in stored order. They compare numerically by (`milliseconds`, `sequence`),
/// never as text: `1795251363585-10` comes after `1795251363585-9`.
public struct MessageID: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch at which the message was stored, or later where clocks stepped back.
    public let milliseconds: UInt64
    /// Counts messages that share a millisecond, from 0.
    public let sequence: UInt64

    /// Before every id that a store gives out.
    public static let zero = MessageID(milliseconds: 0, sequence: 0)
    /// After every id that a store gives out.
    public static let max = MessageID(milliseconds: .max, sequence: .max)

    public init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// Reads `<ms>-<seq>`, or a bare `<ms>`, which means `<ms>-0`.
    ///
    /// - Returns: nil for anything else: signs, blanks, missing digits, or a number above `UInt64.max`.
    public init?(_ text: some StringProtocol) {
        var parts: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var inSequence = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "-"), !inSequence, digits > 0 {
                inSequence = true
                digits = 0
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            digits += 1
            let digit = UInt64(byte - UInt8(ascii: "0"))
            let (tens, overflowed) = (inSequence ? parts.1 : parts.0).multipliedReportingOverflow(by: 10)
            let (number, carried) = tens.addingReportingOverflow(digit)
            guard !overflowed, !carried else { return nil }
            if inSequence { parts.1 = number } else { parts.0 = number }
        }
        guard digits > 0 else { return nil }
        self.init(milliseconds: parts.0, sequence: parts.1)
    }

    public static func < (left: MessageID, right: MessageID) -> Bool {
        left.milliseconds == right.milliseconds
            ? left.sequence < right.sequence
            : left.milliseconds < right.milliseconds
    }
}

extension MessageID: CustomStringConvertible {
    public var description: String { "\(self.milliseconds)-\(self.sequence)" }
}
