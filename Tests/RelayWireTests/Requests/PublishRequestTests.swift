import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("Publish request")
struct PublishRequestTests {
    @Test("keeps payload and metadata byte for byte")
    func exactBytes() throws {
        let payload = #"{ "b" : [1, 2.50, "\u00e9\ud83d\ude00"],"a":{"😀":null} , "a":1e5 }"#
        let metadata = #"{"k" :"v\n", "é":""}"#
        let text = #" {"x":[{}],"metadata":\#(metadata) ,"ttl": 60,"payload":\#(payload),"topic":"job_setup" } "#
        let request = try PublishRequest(json: inset(text.utf8))
        #expect(request.topic == "job_setup")
        #expect(request.payload.text == payload)
        #expect(request.metadata?.text == metadata)
        #expect(request.ttl == 60)
    }

    @Test("takes only what is required, and null or {} as none")
    func optionals() throws {
        for rest in ["", #","ttl":null"#, #","metadata":null"#, #","metadata":{ }"#, #","ttl":null,"metadata":{}"#] {
            let request = try PublishRequest(json: inset(#"{"topic":"a","payload":{}\#(rest)}"#.utf8))
            #expect(request == PublishRequest(topic: "a", payload: ByteBuffer(string: "{}")))
        }
    }

    @Test("reads names and topics written with escapes")
    func escapedNames() throws {
        let text = #"{"t\u006fpic":"job\u005fsetup","p\u0061yload":{}}"#
        #expect(try PublishRequest(json: inset(text.utf8)).topic == "job_setup")
    }

    @Test("holds memory of its own, no larger than needed")
    func ownMemory() throws {
        let payload = #"{"a":"\#(String(repeating: "x", count: 56))"}"#
        let filler = String(repeating: " ", count: 10_000)
        let request = try PublishRequest(json: inset(#"{"topic":"t","payload":\#(payload)\#(filler)}"#.utf8))
        #expect(request.payload.readableBytes == 64)
        #expect(request.payload.storageCapacity == 64)
    }

    @Test(
        "a string is bytes where its encoding says so, which may stand anywhere",
        arguments: [
            #"{"topic":"a","payload":"APvv/w==","encoding":"base64"}"#,
            #"{"encoding":"base64","topic":"a","payload":"APvv/w=="}"#,
            #"{"x":{"encoding":"hex"},"payload":"APvv\/w==","\u0065ncoding":"base6\u0034","topic":"a"}"#,
        ]
    )
    func binary(text: String) throws {
        let expected = PublishRequest(topic: "a", payload: ByteBuffer(bytes: [0, 0xFB, 0xEF, 0xFF]), isBinary: true)
        #expect(try PublishRequest(json: inset(text.utf8)) == expected)
    }

    @Test("bytes are in memory of their own, no larger than needed")
    func ownBinary() throws {
        let payload = Base64.text(ByteBuffer(repeating: 7, count: 4_096))
        let filler = String(repeating: " ", count: 10_000)
        let text = #"{"topic":"t","payload":"\#(payload)","encoding":"base64"\#(filler)}"#
        let request = try PublishRequest(json: inset(text.utf8))
        #expect(request.payload == ByteBuffer(repeating: 7, count: 4_096))
        #expect(request.payload.storageCapacity <= 8_192)
    }

    @Test("an encoding beside an object means nothing, as any other field")
    func encodingOfObject() throws {
        for encoding in [#""base64""#, #""x""#, "1", #"1,"encoding":2"#] {
            let text = #"{"topic":"a","payload":{},"encoding":\#(encoding)}"#
            let request = try PublishRequest(json: inset(text.utf8))
            #expect(request == PublishRequest(topic: "a", payload: ByteBuffer(string: "{}")))
        }
    }

    @Test(
        "bytes that can't be read are an issue",
        arguments: [
            (#"{"topic":"a","payload":"AA","encoding":"base64"}"#, [#"base64_decode body.payload "AA""#]),
            (#"{"topic":"a","payload":"AA-_","encoding":"base64"}"#, [#"base64_decode body.payload "AA-_""#]),
            (#"{"topic":"a","payload":"AA\n==","encoding":"base64"}"#, [#"base64_decode body.payload "AA\n==""#]),
            (#"{"topic":"a","payload":"é===","encoding":"base64"}"#, [#"base64_decode body.payload "é===""#]),
            (#"{"topic":"a","payload":"AA==","encoding":null}"#, [#"dict_type body.payload "AA==""#]),
            (#"{"topic":"a","payload":"AA==","encoding":"hex"}"#, [#"enum body.encoding "hex""#]),
            (#"{"topic":"a","payload":"AA==","encoding":["base64"]}"#, [#"enum body.encoding ["base64"]"#]),
            (
                #"{"topic":"a","payload":"AA==","encoding":"base64","encoding":"base64"}"#,
                [#"duplicate_field body.encoding "base64""#]
            ),
            (#"{"topic":"a","payload":["AA=="],"encoding":"base64"}"#, [#"dict_type body.payload ["AA=="]"#]),
            (#"{"topic":"a","payload":null,"encoding":"base64"}"#, ["dict_type body.payload null"]),
            (
                #"{"topic":1,"payload":"A","encoding":"base64","ttl":0}"#,
                ["string_type body.topic 1", #"base64_decode body.payload "A""#, "greater_than body.ttl 0"]
            ),
        ] as [(String, [String])]
    )
    func binaryIssues(text: String, issues: [String]) {
        #expect(summary { _ = try PublishRequest(json: inset(text.utf8)) } == issues)
    }

    @Test(
        "takes integers in every guise",
        arguments: [
            ("30", 30), ("30.0", 30), (#""30""#, 30), ("3e1", 30), (#"" 30 ""#, 30), (#""30.0""#, 30), ("300e-1", 30),
            ("1", 1), ("999999999999999999", 999_999_999_999_999_999),
        ] as [(String, Int64)]
    )
    func lenientIntegers(text: String, number: Int64) throws {
        let request = try PublishRequest(json: inset(#"{"topic":"a","payload":{},"ttl":\#(text)}"#.utf8))
        #expect(request.ttl == number)
    }

    @Test(
        "names the field, the problem and the input of every issue",
        arguments: [
            (#"[]"#, ["model_attributes_type body []"]),
            (#"null"#, ["model_attributes_type body null"]),
            (#"{}"#, ["missing body.topic {}", "missing body.payload {}"]),
            (#"{"topic":1,"payload":[]}"#, ["string_type body.topic 1", "dict_type body.payload []"]),
            (#"{"topic":null,"payload":"x"}"#, ["string_type body.topic null", #"dict_type body.payload "x""#]),
            (#"{"topic":"a","payload":null}"#, ["dict_type body.payload null"]),
            (#"{"topic":"","payload":{}}"#, [#"string_too_short body.topic """#]),
            (#"{"topic":"___","payload":{}}"#, [#"value_error body.topic "___""#]),
            (#"{"topic":"été","payload":{}}"#, [#"value_error body.topic "été""#]),
            (#"{"topic":"a//b","payload":{}}"#, [#"value_error body.topic "a//b""#]),
            (#"{"topic":"a\u0020","payload":{}}"#, [#"value_error body.topic "a\u0020""#]),
            (#"{"topic":"a","payload":{},"ttl":0}"#, ["greater_than body.ttl 0"]),
            (#"{"topic":"a","payload":{},"ttl":-1}"#, ["greater_than body.ttl -1"]),
            (#"{"topic":"a","payload":{},"ttl":"-5"}"#, [#"greater_than body.ttl "-5""#]),
            (#"{"topic":"a","payload":{},"ttl":1.5}"#, ["int_from_float body.ttl 1.5"]),
            (#"{"topic":"a","payload":{},"ttl":"x"}"#, [#"int_parsing body.ttl "x""#]),
            (#"{"topic":"a","payload":{},"ttl":""}"#, [#"int_parsing body.ttl """#]),
            (#"{"topic":"a","payload":{},"ttl":"1 2"}"#, [#"int_parsing body.ttl "1 2""#]),
            (#"{"topic":"a","payload":{},"ttl":true}"#, ["int_type body.ttl true"]),
            (#"{"topic":"a","payload":{},"ttl":[1]}"#, ["int_type body.ttl [1]"]),
            (#"{"topic":"a","payload":{},"ttl":1e300}"#, ["int_parsing_size body.ttl 1e300"]),
            (#"{"topic":"a","payload":{},"metadata":{"k":"v\u0000"}}"#, [#"value_error body.metadata.k "v\u0000""#]),
            (#"{"topic":"a","payload":{},"metadata":{"k\n":"v"}}"#, ["value_error body.metadata.k\n \"v\""]),
            (#"{"topic":"a","payload":{},"metadata":{"\u0000":"v"}}"#, ["value_error body.metadata.\0 \"v\""]),
            (#"{"topic":"a","payload":{},"metadata":{"\u007f":"v"}}"#, ["value_error body.metadata.\u{7F} \"v\""]),
            (#"{"topic":"a","payload":{},"metadata":[]}"#, ["dict_type body.metadata []"]),
            (
                #"{"topic":"a","payload":{},"metadata":{"k":1,"l":"","m":null}}"#,
                ["string_type body.metadata.k 1", "string_type body.metadata.m null"]
            ),
            (#"{"topic":"a","payload":{},"topic":"b"}"#, [#"duplicate_field body.topic "b""#]),
            (#"{"topic":"a","payload":{},"pay\u006coad":{}}"#, ["duplicate_field body.payload {}"]),
            (
                #"{"topic":1,"payload":2,"ttl":0,"metadata":3}"#,
                [
                    "string_type body.topic 1", "dict_type body.payload 2", "dict_type body.metadata 3",
                    "greater_than body.ttl 0",
                ]
            ),
        ] as [(String, [String])]
    )
    func issues(text: String, issues: [String]) {
        #expect(summary { _ = try PublishRequest(json: inset(text.utf8)) } == issues)
    }

    @Test(
        "tells broken JSON apart from wrong fields, even after a wrong field",
        arguments: [
            "", "{", #"{"topic":1,"payload":}"#, #"{"topic":"a","payload":{}"#, #"{"topic":"a","payload":{}} x"#,
            "\u{FEFF}{}", #"{"topic":"a","payload":{"x":01}}"#, #"{"topic":"a","payload":{},"ttl":1e999}"#,
            #"{"topic":"\ud800","payload":{}}"#, #"{"topic":"a","payload":{"\udc00":1}}"#,
            #"{"topic":"a","payload":{},"z":tru}"#,
        ]
    )
    func malformed(text: String) {
        #expect {
            try PublishRequest(json: inset(text.utf8))
        } throws: { error in
            guard case RequestError.malformedJSON(let offset, _) = error else { return false }
            return offset <= text.utf8.count
        }
    }

    @Test("metadata may hold line breaks and tabs in its values")
    func metadataText() throws {
        let text = #"{"topic":"a","payload":{"k\u0000":"\u0000"},"metadata":{"k":"a\nb\tc"}}"#
        #expect(try PublishRequest(json: inset(text.utf8)).metadata?.text == #"{"k":"a\nb\tc"}"#)
    }

    @Test("refuses every beginning of a request as broken")
    func truncated() {
        let text = Array(#"{"topic":"job","payload":{"a":[1,"é"]},"ttl":"30","metadata":{"k":"v"}}"#.utf8)
        for length in 0..<text.count {
            #expect(summary { _ = try PublishRequest(json: inset(text[..<length])) } == ["malformed"], "\(length)")
        }
    }

    @Test(
        "checks topic names by one rule",
        arguments: [
            ("a", true), ("-1", true), ("A_b-9", true), (String(repeating: "a", count: 255), true),
            (String(repeating: "a", count: 256), false), ("", false), ("-", false), ("_-_", false), ("a b", false),
            ("a.b", false), ("ä", false), ("a\u{0}", false),
        ]
    )
    func topicNames(name: String, isLegal: Bool) throws {
        #expect(TopicNaming.plain.allows(name) == isLegal)
        var body = ByteBuffer(string: #"{"payload":{},"topic":"#)
        body.writeJSONString(name)
        body.writeString("}")
        #expect(((try? PublishRequest(json: body)) != nil) == isLegal)
    }

    @Test(
        "checks paths part by part",
        arguments: [
            ("session/x/signal", true), ("a", true), ("a/", false), ("/a", false), ("a//b", false), ("a/-/b", false),
            ("a/..", false), (String(repeating: "a/", count: 127) + "a", true),
            (String(repeating: "a/", count: 128) + "a", false),
        ]
    )
    func paths(name: String, isLegal: Bool) {
        #expect(TopicNaming.paths.allows(name) == isLegal)
        let body = inset(#"{"payload":{},"topic":"\#(name)"}"#.utf8)
        #expect(((try? PublishRequest(json: body)) != nil) == isLegal)
    }
}

/// What is wrong with a request, a line an issue: type, location, input.
func summary(_ decode: () throws -> Void) -> [String] {
    do {
        try decode()
        return []
    } catch RequestError.invalid(let issues) {
        return issues.map { issue in
            let steps = issue.location.map { step in
                switch step {
                case .name(let name): name
                case .index(let index): "\(index)"
                }
            }
            return [issue.type, steps.joined(separator: "."), issue.input?.text].compactMap(\.self).joined(
                separator: " "
            )
        }
    } catch RequestError.malformedJSON {
        return ["malformed"]
    } catch {
        return ["\(error)"]
    }
}
