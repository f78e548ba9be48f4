import NIOCore
import RelayWire
import Testing

@Suite("Poll request")
struct PollRequestTests {
    @Test("fills in what is absent")
    func defaults() throws {
        let request = try PollRequest(json: inset(#"{"topics":["a"]}"#.utf8))
        #expect(request.topics == ["a"])
        #expect(request.since.isEmpty)
        #expect(request.timeout == 30)
        #expect(request.replayWindowSeconds == 0)
    }

    @Test("keeps the topics' order, each name once")
    func order() throws {
        let request = try PollRequest(json: inset(#"{"topics":["b","a","b","\u0061","c"]}"#.utf8))
        #expect(request.topics == ["b", "a", "c"])
    }

    @Test(
        "keeps cursors of polled topics only, wherever they stand",
        arguments: [
            #"{"topics":["a","b"],"since":{"a":"1-2","x":"9","b":"msg_\u0031"}}"#,
            #"{"since":{"x":"9","b":"msg_1","a":"0","a":"1-2"},"topics":["a","b"]}"#,
        ]
    )
    func cursors(text: String) throws {
        #expect(try PollRequest(json: inset(text.utf8)).since == ["a": "1-2", "b": "msg_1"])
    }

    @Test("takes a named reader, and what it is done with of polled topics only")
    func reader() throws {
        let text = #"{"ack":{"a":"1-2","x":"9"},"reader":"w-1","topics":["a","b"]}"#
        let request = try PollRequest(json: inset(text.utf8))
        #expect(request.reader == "w-1" && request.acknowledged == ["a": "1-2"])
        let plain = try PollRequest(json: inset(#"{"topics":["a"],"reader":null,"ack":null}"#.utf8))
        #expect(plain.reader == nil && plain.acknowledged.isEmpty)
    }

    @Test("takes topics whose presence is asked for, with or without topics")
    func presence() throws {
        let text = #"{"presence":{"b":"ab@1-0","\u0061":null},"topics":["a"]}"#
        let request = try PollRequest(json: inset(text.utf8))
        #expect(request.topics == ["a"])
        #expect(request.presence == [.init(topic: "b", cursor: "ab@1-0"), .init(topic: "a")])
        let alone = try PollRequest(json: inset(#"{"presence":{"b":""}}"#.utf8))
        #expect(alone.topics.isEmpty && alone.presence == [.init(topic: "b", cursor: "")])
        let none = try PollRequest(json: inset(#"{"presence":{},"topics":["a"]}"#.utf8))
        #expect(none.presence.isEmpty)
    }

    @Test(
        "refuses presence that is none",
        arguments: [
            (#"{"presence":{}}"#, "missing body.topics"), (#"{"presence":null}"#, "missing body.topics"),
            (#"{"presence":["a"],"topics":["a"]}"#, "dict_type body.presence"),
            (#"{"presence":{"a":1}}"#, "string_type body.presence.a"),
            (#"{"presence":{"-":null}}"#, "value_error body.presence.-"),
            (#"{"presence":{"a":null,"a":null}}"#, "duplicate_field body.presence.a"),
            (#"{"presence":{"a":null,"b":null,"c":null}}"#, "too_long body.presence"),
            (#"{"presence":{"a":null},"topics":[]}"#, "too_short body.topics"),
        ]
    )
    func badPresence(text: String, problem: String) {
        let problems = summary {
            _ = try PollRequest(json: inset(text.utf8), limits: .init(maximumTopics: 2))
        }
        #expect(problems.map { $0.prefix(problem.count) } == [Substring(problem)])
    }

    @Test("refuses names that no reader can have", arguments: [#""a b""#, #""a/b""#, "7", #""_""#])
    func badReader(name: String) {
        let body = #"{"topics":["a"],"reader":\#(name)}"#
        #expect(throws: RequestError.self) { try PollRequest(json: inset(body.utf8)) }
    }

    @Test("takes null and {} as no cursors", arguments: ["null", "{}", " { } "])
    func noCursors(since: String) throws {
        let request = try PollRequest(json: inset(#"{"topics":["a"],"since":\#(since)}"#.utf8))
        #expect(request.since.isEmpty)
    }

    @Test("walks a hundred thousand foreign cursors and keeps none")
    func manyCursors() throws {
        let entries = (0..<100_000).map { #""t\#($0)":"1-\#($0)""# }.joined(separator: ",")
        let request = try PollRequest(json: inset(#"{"since":{\#(entries)},"topics":["t77777","u"]}"#.utf8))
        #expect(request.since == ["t77777": "1-77777"])
    }

    @Test(
        "takes any number in range as a timeout",
        arguments: [
            ("30.0", 30), ("1", 1), ("60", 60), ("1.5", 1.5), (#""2.5""#, 2.5), ("6e1", 60), ("59.999", 59.999),
        ]
    )
    func timeouts(text: String, seconds: Double) throws {
        let request = try PollRequest(json: inset(#"{"topics":["a"],"timeout":\#(text)}"#.utf8))
        #expect(request.timeout == seconds)
    }

    @Test(
        "names every issue",
        arguments: [
            (#"{}"#, ["missing body.topics {}"]),
            (#"{"topics":"a"}"#, [#"list_type body.topics "a""#]),
            (#"{"topics":[]}"#, ["too_short body.topics []"]),
            (#"{"topics":["a",1,""]}"#, ["string_type body.topics.1 1", #"string_too_short body.topics.2 """#]),
            (#"{"topics":["a","b","c","d"]}"#, [#"too_long body.topics ["a","b","c","d"]"#]),
            (
                #"{"topics":["a"],"since":{"a":null,"b":1}}"#,
                [
                    "string_type body.since.a null", "string_type body.since.b 1",
                ]
            ),
            (#"{"topics":["a"],"since":[]}"#, ["dict_type body.since []"]),
            (#"{"topics":["a"],"since":{"a":"\ud800"}}"#, ["malformed"]),
            (#"{"topics":["a"],"timeout":0.5}"#, ["greater_than_equal body.timeout 0.5"]),
            (#"{"topics":["a"],"timeout":60.1}"#, ["less_than_equal body.timeout 60.1"]),
            (#"{"topics":["a"],"timeout":1e999}"#, ["malformed"]),
            (#"{"topics":["a"],"timeout":"NaN"}"#, [#"float_parsing body.timeout "NaN""#]),
            (#"{"topics":["a"],"timeout":null}"#, ["float_type body.timeout null"]),
            (#"{"topics":["a"],"timeout":false}"#, ["float_type body.timeout false"]),
            (#"{"topics":["a"],"replay_window_seconds":301}"#, ["less_than_equal body.replay_window_seconds 301"]),
            (#"{"topics":["a"],"replay_window_seconds":-1}"#, ["greater_than_equal body.replay_window_seconds -1"]),
            (#"{"topics":["a"],"replay_window_seconds":1.5}"#, ["int_from_float body.replay_window_seconds 1.5"]),
            (#"{"topics":["a"],"since":null,"since":{}}"#, ["duplicate_field body.since {}"]),
            (
                #"{"topics":[],"timeout":0,"replay_window_seconds":"x","since":3}"#,
                [
                    "too_short body.topics []", "dict_type body.since 3", "greater_than_equal body.timeout 0",
                    #"int_parsing body.replay_window_seconds "x""#,
                ]
            ),
            (#"{"topics":["a"],"since":{"a":"1"},}"#, ["malformed"]),
        ] as [(String, [String])]
    )
    func issues(text: String, issues: [String]) {
        let limits = PollRequest.Limits(maximumTopics: 3)
        #expect(summary { _ = try PollRequest(json: inset(text.utf8), limits: limits) } == issues)
    }
}
