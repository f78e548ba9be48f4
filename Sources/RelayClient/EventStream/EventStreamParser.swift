/// Takes an event stream apart, as its bytes come: lines, and the fields of one event up to the blank line behind it.
///
/// Lines end with LF or CRLF. Comments, `retry` and unknown fields are passed over.
struct EventStreamParser {
    /// An event as it is written.
    struct RawEvent: Hashable {
        var id: String?
        var name: String?
        var data: [UInt8]?
    }

    struct TooLong: Error, Hashable {}

    private let maxEventBytes: Int
    private var line: [UInt8] = []
    private var event = RawEvent()

    /// - Parameter maxEventBytes: of the line that is being read, and of the data of the event so far.
    init(maxEventBytes: Int) {
        self.maxEventBytes = maxEventBytes
    }

    /// - Returns: the events that `bytes` complete.
    mutating func received(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [RawEvent] {
        var events: [RawEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                self.line.append(byte)
                guard self.line.count <= self.maxEventBytes else { throw TooLong() }
                continue
            }
            if let event = try self.lineEnded() { events.append(event) }
        }
        return events
    }

    private mutating func lineEnded() throws(TooLong) -> RawEvent? {
        if self.line.last == UInt8(ascii: "\r") { self.line.removeLast() }
        defer { self.line.removeAll(keepingCapacity: true) }
        guard !self.line.isEmpty else { return self.eventEnded() }
        let colon = self.line.firstIndex(of: UInt8(ascii: ":")) ?? self.line.endIndex
        var value = self.line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: self.line[..<colon], as: UTF8.self) {
        case "id": self.event.id = String(decoding: value, as: UTF8.self)
        case "event": self.event.name = String(decoding: value, as: UTF8.self)
        case "data": try self.append(value)
        default: break
        }
        return nil
    }

    private mutating func append(_ value: ArraySlice<UInt8>) throws(TooLong) {
        let before = self.event.data.map { $0 + [UInt8(ascii: "\n")] } ?? []
        guard before.count + value.count <= self.maxEventBytes else { throw TooLong() }
        self.event.data = before + value
    }

    private mutating func eventEnded() -> RawEvent? {
        defer { self.event = RawEvent() }
        return self.event == RawEvent() ? nil : self.event
    }
}
