import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("What a request for an event stream asks for")
struct EventStreamRequestTests {
    @Test(
        "the id seen last has many names; the header comes first, then what was added to the query last, and empty is none",
        arguments: [
            (["5-0"], "topics=a", "5-0"), ([], "topics=a&last_event_id=5-0", "5-0"), ([], "lastEventId=5-0", "5-0"),
            ([], "lastEventID=5-0", "5-0"), ([], "Last-Event-ID=5-0", "5-0"), (["5-0"], "lastEventId=6-0", "5-0"),
            ([""], "lastEventId=6-0", "6-0"), ([], "last_event_id=5-0&lastEventId=6-0", "6-0"),
            ([], "lastEventId=5-0&last_event_id=", "5-0"), ([""], "last_event_id=", nil), ([], "topics=a", nil),
            (["", "7-0"], "", "7-0"), ([], "last_event_id=a%3A5-0%2Cb%3A6-0", "a:5-0,b:6-0"),
        ] as [([String], String, String?)]
    )
    func lastEvent(headers: [String], query: String, expected: String?) {
        let headers = HTTPHeaders(headers.map { ("Last-Event-ID", $0) })
        #expect(EventStreamRequest(query: query[...], headers: headers).lastEventID == expected)
    }

    @Test(
        "topics may come in one list or in several",
        arguments: [
            ("topics=a,b", ["a", "b"]), ("topics=a&topics=b", ["a", "b"]),
            ("topics=a,b&offset=last&topics=c", ["a", "b", "c"]),
            ("topics=", []), ("", []), ("topics=,a,", ["a"]),
        ]
    )
    func topics(query: String, expected: [String]) {
        #expect(EventStreamRequest(query: query[...], headers: [:]).topics == expected)
    }
}
