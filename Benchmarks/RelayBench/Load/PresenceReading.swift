import NIOCore

/// Who is on a topic as one client knows it, by what it was told: no more than is needed to see whether two know the same.
///
/// The ids of connections are drawn by chance, so sets of them that are summed up alike are alike.
struct PresenceReading: Equatable, Sendable {
    /// How many are there.
    private(set) var count = 0
    private(set) var sum: UInt64 = 0

    init() {}

    /// - Parameter connections: their ids.
    init(of connections: some Sequence<String>) {
        for connection in connections {
            let id = ByteBuffer(string: connection)
            self.add(Self.mark(of: id.readableBytesUInt8Span, at: 0..<id.readableBytes))
        }
    }

    private mutating func add(_ mark: UInt64) {
        self.count += 1
        self.sum &+= mark
    }

    private mutating func remove(_ mark: UInt64) {
        self.count -= 1
        self.sum &-= mark
    }

    private static func mark(of bytes: Span<UInt8>, at id: Range<Int>) -> UInt64 {
        var mark: UInt64 = 0xCBF2_9CE4_8422_2325
        for place in id { mark = (mark ^ UInt64(bytes[place])) &* 0x100_0000_01B3 }
        return mark
    }

    // MARK: Reports

    /// What a frame of the relay's about presence is.
    enum Frame: Equatable {
        /// The answer to a join, with the connection's id.
        case joined(String)
        case report
        case other
    }

    private static let sync = Array(#"{"type":"presence","action":"sync""#.utf8)
    private static let changes = Array(#"{"type":"presence","action":"changes""#.utf8)
    private static let joined = Array(#"{"type":"presence","action":"joined""#.utf8)
    private static let member = Array(#""connection_id":""#.utf8)
    private static let left = Array(#""left":["#.utf8)

    /// Reads a frame, and takes what it reports.
    mutating func take(_ payload: ByteBuffer) -> Frame {
        let bytes = payload.readableBytesUInt8Span
        if Self.begins(bytes, with: Self.joined) {
            guard let start = Self.find(Self.member, in: bytes, from: 0), let id = Self.text(bytes, at: start) else {
                return .other
            }
            return .joined(String(decoding: id.map { bytes[$0] }, as: UTF8.self))
        }
        if Self.begins(bytes, with: Self.sync) {
            self = PresenceReading()
            self.take(bytes, before: bytes.count)
        } else if Self.begins(bytes, with: Self.changes) {
            let goes = Self.find(Self.left, in: bytes, from: 0) ?? bytes.count
            self.take(bytes, before: goes)
            self.drop(bytes, from: goes)
        } else {
            return .other
        }
        return .report
    }

    private mutating func take(_ bytes: Span<UInt8>, before end: Int) {
        var place = 0
        while let start = Self.find(Self.member, in: bytes, from: place), start < end,
            let id = Self.text(bytes, at: start)
        {
            self.add(Self.mark(of: bytes, at: id))
            place = id.upperBound
        }
    }

    private mutating func drop(_ bytes: Span<UInt8>, from start: Int) {
        var place = start
        while place < bytes.count, bytes[place] == UInt8(ascii: "\""), let id = Self.text(bytes, at: place + 1) {
            self.remove(Self.mark(of: bytes, at: id))
            // A comma and the next one's quote, or the list's end.
            place = id.upperBound + 2
        }
    }

    private static func begins(_ bytes: Span<UInt8>, with start: [UInt8]) -> Bool {
        guard bytes.count >= start.count else { return false }
        return start.indices.allSatisfy { bytes[$0] == start[$0] }
    }

    /// - Returns: where what comes behind it begins.
    private static func find(_ pattern: [UInt8], in bytes: Span<UInt8>, from place: Int) -> Int? {
        var start = place
        while start + pattern.count <= bytes.count {
            if bytes[start] == pattern[0], pattern.indices.allSatisfy({ bytes[start + $0] == pattern[$0] }) {
                return start + pattern.count
            }
            start += 1
        }
        return nil
    }

    /// Where what is there up to the next quote is.
    private static func text(_ bytes: Span<UInt8>, at start: Int) -> Range<Int>? {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += 1 }
        return end < bytes.count ? start..<end : nil
    }
}
