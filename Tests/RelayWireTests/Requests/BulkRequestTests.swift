import NIOCore
import RelayWire
import Testing

@Suite("Bulk request")
struct BulkRequestTests {
    @Test("keeps the messages' order")
    func order() throws {
        let text = #"{"x":1,"messages":[{"topic":"b","payload":{"n":1}}, {"payload":{},"topic":"a","ttl":5}],"y":[]}"#
        let request = try BulkRequest(json: inset(text.utf8))
        #expect(request.messages.map(\.topic) == ["b", "a"])
        #expect(request.messages.map(\.payload.text) == [#"{"n":1}"#, "{}"])
        #expect(request.messages.map(\.ttl) == [nil, 5])
    }

    @Test("each message has an encoding of its own")
    func encodings() throws {
        let text =
            #"{"encoding":"hex","messages":[{"topic":"a","payload":"AQI=","encoding":"base64"},"#
            + #"{"topic":"b","payload":{}},{"topic":"c","payload":"","encoding":"base64"}]}"#
        let request = try BulkRequest(json: inset(text.utf8))
        #expect(request.messages.map(\.isBinary) == [true, false, true])
        #expect(request.messages.map(\.payload.readableBytes) == [2, 2, 0])
    }

    @Test(
        "names the message of every issue",
        arguments: [
            (#"{}"#, ["missing body.messages {}"]),
            (#"{"messages":null}"#, ["list_type body.messages null"]),
            (#"{"messages":{}}"#, ["list_type body.messages {}"]),
            (#"{"messages":[]}"#, ["too_short body.messages"]),
            (
                #"{"messages":[1,{"topic":"a","payload":{}},{"topic":"-"}]}"#,
                [
                    "model_attributes_type body.messages.0 1",
                    #"missing body.messages.2.payload {"topic":"-"}"#,
                    #"value_error body.messages.2.topic "-""#,
                ]
            ),
            (#"{"messages":[{"topic":"a","payload":{}}],"messages":[]}"#, ["duplicate_field body.messages []"]),
            (
                #"{"messages":[{"topic":"a","payload":{}},{"topic":"a","payload":"?","encoding":"base64"}]}"#,
                [#"base64_decode body.messages.1.payload "?""#]
            ),
            (#"{"messages":[{"topic":"a","payload":{}},]}"#, ["malformed"]),
            (#"{"messages":[{"topic":"a","payload":{}}}"#, ["malformed"]),
            (#"[]"#, ["model_attributes_type body []"]),
        ] as [(String, [String])]
    )
    func issues(text: String, issues: [String]) {
        #expect(summary { _ = try BulkRequest(json: inset(text.utf8)) }.sorted() == issues.sorted())
    }

    @Test(
        "takes up to the limit and no more",
        arguments: [(1, 3), (3, 3), (4, 3), (100, 100), (101, 100), (5000, 100)]
    )
    func limit(count: Int, limit: Int) {
        let messages = Array(repeating: #"{"topic":"a","payload":{}}"#, count: count).joined(separator: ",")
        let json = inset(#"{"messages":[\#(messages)]}"#.utf8)
        let issues = summary { _ = try BulkRequest(json: json, maximumMessages: limit) }
        #expect(issues == (count <= limit ? [] : ["too_long body.messages"]))
    }

    @Test("reports twenty issues at most")
    func manyIssues() {
        let json = inset(#"{"messages":[\#(Array(repeating: "{}", count: 100).joined(separator: ","))]}"#.utf8)
        #expect(summary { _ = try BulkRequest(json: json) }.count == RequestError.maximumIssues)
    }

    @Test("refuses every beginning of a request as broken")
    func truncated() {
        let text = Array(#"{"messages":[{"topic":"a","payload":{}},{"topic":"b","payload":{"x":[]}}]}"#.utf8)
        for length in 0..<text.count {
            #expect(summary { _ = try BulkRequest(json: inset(text[..<length])) } == ["malformed"], "\(length)")
        }
    }
}
