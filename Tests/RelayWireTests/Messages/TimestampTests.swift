import Foundation
import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Timestamp text")
struct TimestampTests {
    @Test(
        "is RFC 3339 with six places, in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"),
            (4_107_542_399_123_456, "2100-02-28T23:59:59.123456Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (1_709_210_096_000_789, "2024-02-29T12:34:56.000789Z"),
            (2_147_483_647_999_999, "2038-01-19T03:14:07.999999Z"),
            (2_147_483_648_000_000, "2038-01-19T03:14:08.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (253_402_300_800_000_000, "9999-12-31T23:59:59.999999Z"),
            (Int64.max, "9999-12-31T23:59:59.999999Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (Int64.min, "0000-01-01T00:00:00.000000Z"),
            (1_795_251_363_585_010, "2026-11-21T08:56:03.585010Z"),
        ] as [(Int64, String)]
    )
    func table(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test("agrees with Foundation from year 1600 to 9999")
    func likeFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let seconds = Int64.random(in: -11_676_096_000...253_402_300_799, using: &random)
            let fields = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(seconds))
            )
            let expected = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02d.000042Z",
                fields.year ?? 0,
                fields.month ?? 0,
                fields.day ?? 0,
                fields.hour ?? 0,
                fields.minute ?? 0,
                fields.second ?? 0
            )
            #expect(Timestamp(microseconds: seconds * 1_000_000 + 42).description == expected)
        }
    }

    @Test("is appended to what the buffer holds")
    func appends() {
        var buffer = ByteBuffer(string: "<")
        buffer.writeTimestamp(Timestamp(microseconds: 0))
        buffer.writeString(">")
        #expect(buffer.text == "<1970-01-01T00:00:00.000000Z>")
    }
}
