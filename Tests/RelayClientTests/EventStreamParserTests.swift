import Testing

@testable import RelayClient

@Suite("An event stream, taken apart")
struct EventStreamParserTests {
    private static let text =
        "retry: 1000\n\nid: 1-0\n\n: comment\n\nid: 2-0\r\nevent: message\r\ndata: {\"a\":\ndata:1}\r\n\r\ndata\n\nid: half\n"

    private static let events = [
        EventStreamParser.RawEvent(id: "1-0"),
        EventStreamParser.RawEvent(id: "2-0", name: "message", data: Array("{\"a\":\n1}".utf8)),
        EventStreamParser.RawEvent(data: []),
    ]

    @Test("However the bytes are cut, the events are the same", arguments: [1, 2, 3, 7, 1000])
    func cuts(size: Int) throws {
        var parser = EventStreamParser(maxEventBytes: 100)
        let bytes = Array(Self.text.utf8)
        var events: [EventStreamParser.RawEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try parser.received(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events == Self.events)
    }

    @Test(
        "A line or an event larger than is taken is an error",
        arguments: ["data: 0123456789", "data: 01\ndata: 0123\n"]
    )
    func tooLong(text: String) {
        var parser = EventStreamParser(maxEventBytes: text.contains("\n") ? 6 : 10)
        #expect(throws: EventStreamParser.TooLong.self) { try parser.received(Array(text.utf8)) }
    }
}
