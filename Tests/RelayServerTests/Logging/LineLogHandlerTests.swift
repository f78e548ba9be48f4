import Foundation
import Logging
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite struct LineLogHandlerTests {
    private final class Lines: LogSink {
        private let text = Mutex("")

        var written: String { self.text.withLock { $0 } }

        func write(_ line: String) {
            self.text.withLock { $0 += line }
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description = "disk\nfull"
    }

    private static func output(
        _ format: RelayConfiguration.LogFormat,
        level: Logger.Level = .info,
        provider: Logger.MetadataProvider? = nil,
        _ body: (inout Logger) -> Void
    ) -> String {
        let lines = Lines()
        var settings = RelayConfiguration.Logging()
        settings.format = format
        settings.level = level
        var handler = LineLogHandler(label: "relay", rules: LogRules(settings), sink: lines) {
            Timestamp(microseconds: 1_795_260_859_000_042)
        }
        handler.metadataProvider = provider
        var logger = Logger(label: "relay") { _ in handler }
        body(&logger)
        return lines.written
    }

    @Test("Text has time, level, logger, message, then metadata in order")
    func text() {
        let output = Self.output(.text) { $0.info("Started", metadata: ["port": "8080", "host": "::1"]) }
        #expect(output == "2026-11-21T11:34:19.000042Z INFO     relay: Started host=::1 port=8080\n")
    }

    @Test("JSON is one object a line, its values texts, lists and objects")
    func json() throws {
        let output = Self.output(.json) {
            $0.warning("Slow", metadata: ["b": .stringConvertible(2), "a": ["x", ["k": "v"]]])
        }
        #expect(
            output == """
                {"timestamp":"2026-11-21T11:34:19.000042Z","level":"warning","target":"relay","message":"Slow",\
                "metadata":{"a":["x",{"k":"v"}],"b":"2"}}

                """
        )
    }

    @Test("JSON says beside the message which request, session, peer and trace it is about")
    func correlated() throws {
        let output = Self.output(.json) {
            $0.info(
                "x",
                metadata: [
                    "span_id": "00f067aa0ba902b7", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "peer_id": "a\"\n",
                    "session_id": "s-1", "request_id": "r-1", "other": "o", "access_token": "secret",
                ]
            )
        }
        #expect(
            output == """
                {"timestamp":"2026-11-21T11:34:19.000042Z","level":"info","target":"relay","message":"x",\
                "request_id":"r-1","session_id":"s-1","peer_id":"a\\"\\n","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",\
                "span_id":"00f067aa0ba902b7","metadata":{"access_token":"********","other":"o"}}

                """
        )
    }

    @Test("What is below the level is not written")
    func level() {
        #expect(Self.output(.text, level: .warning) { $0.info("x") } == "")
    }

    @Test("An event's metadata goes before the provider's, that before the logger's")
    func precedence() {
        let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
        let output = Self.output(.text, provider: provider) {
            for key in ["a", "b", "c"] { $0[metadataKey: key] = "logger" }
            $0.info("x", metadata: ["a": "event"])
        }
        #expect(output.hasSuffix("x a=event b=provider c=logger\n"))
    }

    @Test("An event's error is part of its line")
    func error() {
        #expect(Self.output(.text) { $0.error("x", error: Failure()) }.hasSuffix(" error=\"disk\\nfull\"\n"))
    }

    @Test(
        "No text can make a second line or forge another key",
        arguments: [
            ("a\nb", #""a\nb""#), ("a\r\nb", #""a\r\nb""#), ("a b=c", #""a b=c""#), ("a\"b\\", #""a\"b\\""#),
            ("\u{1b}[2J", #""\u001b[2J""#), ("a\u{2028}b", #""a\u2028b""#), ("\u{202e}x", #""\u202ex""#), ("", #""""#),
            ("é", #""é""#), ("a=b", #""a=b""#), ("plain/word:1", "plain/word:1"), ("\u{e0001}", #""\udb40\udc01""#),
        ]
    )
    func injection(_ value: String, _ shown: String) throws {
        let text = Self.output(.text) { $0.info("m", metadata: ["k": .string(value)]) }
        #expect(text.hasSuffix("relay: m k=\(shown)\n"))
        let json = Self.output(.json) { $0.info("\(value)", metadata: ["k": .string(value)]) }
        #expect(json.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
        let object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["message"] as? String == value)
        #expect((object["metadata"] as? [String: String])?["k"] == value)
    }

    @Test("A message can't break its line either")
    func message() {
        let output = Self.output(.text) { $0.info("a\nERROR \u{7}b") }
        #expect(output.hasSuffix("relay: a\\nERROR \\u0007b\n"))
    }

    @Test("A text of more than 8 KiB is cut")
    func longText() {
        let output = Self.output(.json) { $0.info("\(String(repeating: "x", count: 100_000))") }
        #expect(output.utf8.count < 9_000)
        #expect(output.contains("x…\""))
    }

    @Test(
        "Values of keys that may hold secrets are never written, at any depth",
        arguments: [
            "password", "bootstrap_admin_password", "Authorization", "access_token", "jwt-secret", "set-cookie",
            "api_key",
        ]
    )
    func redaction(_ key: String) {
        for format in RelayConfiguration.LogFormat.allCases {
            let output = Self.output(format) {
                $0.info("m", metadata: [key: "hunter2", "request": ["headers": [.dictionary([key: "hunter2"])]]])
            }
            #expect(!output.contains("hunter2"))
            #expect(output.contains(Secret.mask))
        }
    }

    @Test("Keys that only name something are written", arguments: ["token_id", "jti", "user", "topic"])
    func harmless(_ key: String) {
        #expect(Self.output(.text) { $0.info("m", metadata: [key: "abc"]) }.hasSuffix("\(key)=abc\n"))
    }
}
