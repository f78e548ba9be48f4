import RelayWire
import Testing

@Suite("Idempotency keys as text")
struct IdempotencyKeyTextTests {
    @Test(
        "in a header they have 1 to 255 bytes and no control characters",
        arguments: [
            ([], nil, []), ([""], nil, []), (["k"], "k", []), (["é ~"], "é ~", []),
            ([String(repeating: "k", count: 255)], String(repeating: "k", count: 255), []),
            ([String(repeating: "k", count: 256)], nil, ["string_too_long header.idempotency-key"]),
            ([String(repeating: "é", count: 128)], nil, ["string_too_long header.idempotency-key"]),
            (["a\tb"], nil, ["value_error header.idempotency-key"]),
            (["a\u{7F}"], nil, ["value_error header.idempotency-key"]),
            (["cl\u{FFFD}-1"], nil, ["string_unicode header.idempotency-key"]),
            (["a", "a"], nil, ["duplicate_field header.idempotency-key"]),
        ] as [([String], String?, [String])]
    )
    func header(fields: [String], key: String?, issues: [String]) {
        var found: String?
        #expect(summary { found = try IdempotencyKeyText.key(inHeader: fields) } == issues)
        #expect(found == key)
    }

    @Test(
        "in a frame they obey the same rule",
        arguments: [
            ("\"\(String(repeating: "k", count: 255))\"", true), ("\"\(String(repeating: "é", count: 127))\"", true),
            ("\"\(String(repeating: "k", count: 256))\"", false), ("\"\(String(repeating: "é", count: 128))\"", false),
            (#""""#, false), (#""a\n""#, false), (#""\u0000""#, false), (#""\u007f""#, false), ("1", false),
            ("null", true),
        ]
    )
    func frame(key: String, isLegal: Bool) {
        let json = inset(#"{"type":"publish","id":1,"topic":"t","payload":{},"idempotency_key":\#(key)}"#.utf8)
        #expect(((try? ClientFrame(json: json, isFirst: false)) != nil) == isLegal)
    }

    @Test("a cursor of a name that only looks like a topic's is of no topic")
    func cursors() throws {
        // The Kelvin sign, which Swift takes for equal to the letter.
        let json = inset("{\"topics\":[\"K\"],\"since\":{\"\u{212A}\":\"5-0\"}}".utf8)
        #expect(try PollRequest(json: json).since.isEmpty)
    }
}
