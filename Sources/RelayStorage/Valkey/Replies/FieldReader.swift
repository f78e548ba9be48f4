import NIOCore
import RelayCore
import RelayWire

/// Reads what our scripts write: fields of ASCII, each ended by a blank, a line end, or the end. Trusts nothing; nil is nonsense.
struct FieldReader {
    private var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    init(_ text: String) {
        self.init(ByteBuffer(string: text))
    }

    var isAtEnd: Bool { self.buffer.readableBytes == 0 }

    /// The next field's text.
    mutating func text() -> String? {
        let view = self.buffer.readableBytesView
        guard !view.isEmpty else { return nil }
        let end = view.firstIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") } ?? view.endIndex
        let text = String(decoding: view[view.startIndex..<end], as: UTF8.self)
        self.buffer.moveReaderIndex(forwardBy: min(view.count, end - view.startIndex + 1))
        return text
    }

    /// A decimal number and what ended it; nil as the end means the end of all.
    private mutating func unsigned() -> (number: UInt64, end: UInt8?)? {
        guard let (number, digits, end) = Self.unsigned(self.buffer.readableBytesUInt8Span) else { return nil }
        self.buffer.moveReaderIndex(forwardBy: digits + (end == nil ? 0 : 1))
        return (number, end)
    }

    private static func unsigned(_ bytes: Span<UInt8>) -> (number: UInt64, digits: Int, end: UInt8?)? {
        var number: UInt64 = 0
        var index = 0
        while index < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[index] {
            let (tens, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(UInt64(bytes[index] - UInt8(ascii: "0")))
            guard !overflowed, !carried else { return nil }
            number = sum
            index += 1
        }
        guard index > 0 else { return nil }
        return (number, index, index < bytes.count ? bytes[index] : nil)
    }

    /// - Returns: nil also for what no `Int` holds.
    mutating func count() -> Int? {
        guard let (number, end) = self.unsigned(), Self.isSeparator(end) else { return nil }
        return Int(exactly: number)
    }

    /// A count, and whether that byte stands before it.
    mutating func countAndMark(_ mark: UInt8) -> (count: Int, isMarked: Bool)? {
        let isMarked = self.buffer.readableBytesView.first == mark
        if isMarked { self.buffer.moveReaderIndex(forwardBy: 1) }
        return self.count().map { ($0, isMarked) }
    }

    /// `-` for none; the outer nil is nonsense.
    mutating func optionalCount() -> Int?? {
        if self.takeNone() { return .some(nil) }
        return self.count().map { .some($0) }
    }

    /// `-` for neither, `count`, `count+more`, or `+more`.
    mutating func countAndMore() -> (count: Int?, more: Int?)? {
        if self.takeNone() { return (nil, nil) }
        var count: Int?
        if self.buffer.readableBytesView.first == Self.plus {
            self.buffer.moveReaderIndex(forwardBy: 1)
        } else {
            guard let (number, end) = self.unsigned(), let first = Int(exactly: number) else { return nil }
            count = first
            if Self.isSeparator(end) { return (first, nil) }
            guard end == Self.plus else { return nil }
        }
        return self.count().map { (count, $0) }
    }

    private static let plus = UInt8(ascii: "+")

    mutating func moment() -> Timestamp? {
        let isNegative = self.buffer.readableBytesView.first == UInt8(ascii: "-")
        if isNegative { self.buffer.moveReaderIndex(forwardBy: 1) }
        guard let (number, end) = self.unsigned(), Self.isSeparator(end) else { return nil }
        return Self.moment(number, isNegative: isNegative)
    }

    mutating func optionalMoment() -> Timestamp?? {
        if self.takeNone() { return .some(nil) }
        return self.moment().map { .some($0) }
    }

    mutating func id() -> MessageID? {
        guard let id = self.idAndEnd(), Self.isSeparator(id.end) else { return nil }
        return id.id
    }

    /// An id; or for a repeat `id=timestamp`, of the first attempt.
    mutating func storedID() -> (id: MessageID, first: Timestamp?)? {
        guard let (id, end) = self.idAndEnd() else { return nil }
        if Self.isSeparator(end) { return (id, nil) }
        guard end == UInt8(ascii: "="), let moment = self.moment() else { return nil }
        return (id, moment)
    }

    /// The next bytes, whatever they are. A slice of the whole, or a copy.
    mutating func bytes(_ count: Int, copied: Bool) -> ByteBuffer? {
        guard let slice = self.buffer.readSlice(length: count) else { return nil }
        return copied ? ByteBuffer(bytes: slice.readableBytesView) : slice
    }

    private mutating func idAndEnd() -> (id: MessageID, end: UInt8?)? {
        guard let (milliseconds, dash) = self.unsigned(), dash == UInt8(ascii: "-"),
            let (sequence, end) = self.unsigned()
        else { return nil }
        return (MessageID(milliseconds: milliseconds, sequence: sequence), end)
    }

    private mutating func takeNone() -> Bool {
        let view = self.buffer.readableBytesView.prefix(2)
        guard view.first == UInt8(ascii: "-"), view.count == 1 || Self.isSeparator(view.last) else { return false }
        self.buffer.moveReaderIndex(forwardBy: view.count)
        return true
    }

    private static func moment(_ number: UInt64, isNegative: Bool) -> Timestamp? {
        guard isNegative else { return Int64(exactly: number).map { Timestamp(microseconds: $0) } }
        guard number <= Int64.min.magnitude else { return nil }
        return Timestamp(microseconds: Int64(truncatingIfNeeded: 0 &- number))
    }

    private static func isSeparator(_ byte: UInt8?) -> Bool {
        byte == nil || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n")
    }
}

extension FieldReader {
    /// `<epoch> <start> <previous> <last> <trimmed> <count>`, the epoch followed by `,<after>,<through>` for each hole.
    mutating func position() -> (previous: MessageID, bounds: StreamBounds)? {
        guard let (epoch, holes) = self.text().flatMap(Self.epoch), let start = self.id(), let previous = self.id(),
            let last = self.id(), let trimmed = self.id(), let count = self.count()
        else { return nil }
        let bounds = StreamBounds(
            epoch: StreamEpoch(id: epoch, start: start, holes: holes),
            last: last,
            trimmedThrough: trimmed,
            count: count
        )
        return (previous, bounds)
    }

    private static func epoch(_ text: String) -> (id: UInt64, holes: [StreamHole])? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard let id = StreamEpoch.id(parts[0]), !parts.count.isMultiple(of: 2) else { return nil }
        var holes: [StreamHole] = []
        for index in stride(from: 1, to: parts.count, by: 2) {
            guard let after = MessageID(parts[index]), let through = MessageID(parts[index + 1]), after <= through,
                holes.last.map({ $0.through <= after }) ?? true
            else { return nil }
            holes.append(StreamHole(after: after, through: through))
        }
        return (id, holes)
    }
}
