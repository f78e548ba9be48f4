import RelayClient
import RelayCommands
import Testing

@Suite("What is printed")
struct OutputTests {
    private static let message = RelayMessage(
        topic: "t",
        messageID: "5-0",
        payload: ["b": 1, "a": "é\n"],
        timestamp: "2026-11-21T00:00:00.000000Z",
        metadata: ["z": "1", "k": "v"]
    )

    @Test("A message is one line, for programs and for people")
    func message() {
        #expect(
            OutputFormat.json.line(Self.message)
                == #"{"type":"message","topic":"t","message_id":"5-0","payload":{"b":1,"a":"é\n"},"#
                + #""timestamp":"2026-11-21T00:00:00.000000Z","metadata":{"k":"v","z":"1"}}"#
        )
        #expect(
            OutputFormat.human.line(Self.message) == #"2026-11-21T00:00:00.000000Z t 5-0 {"b":1,"a":"é\n"}"#
        )
    }

    @Test("Bytes are printed as base64, which programs are told")
    func binary() {
        let message = RelayMessage(
            topic: "t",
            messageID: "5-0",
            content: .binary([0, 0xFB, 0xEF, 0xFF]),
            timestamp: "T",
            isSnapshot: true
        )
        #expect(
            OutputFormat.json.line(message)
                == #"{"type":"message","topic":"t","message_id":"5-0","payload":"APvv/w==","encoding":"base64","#
                + #""snapshot":true,"timestamp":"T","metadata":{}}"#
        )
        #expect(OutputFormat.human.line(message) == #"T t 5-0 "APvv/w==""#)
    }

    @Test("Programs get gaps among the messages, people on standard error")
    func gap() {
        let event = SubscriptionEvent.gap(MessageGap(topic: "t", after: "1-0", resumedFrom: "5-0"))
        #expect(
            EventPrinter(format: .json).line(event)
                == .result(#"{"type":"gap","topic":"t","after":"1-0","resumed_from":"5-0"}"#)
        )
        #expect(
            EventPrinter(format: .human).line(event)
                == .notice("messages of 't' after 1-0 are lost; going on at 5-0")
        )
    }

    @Test("What is no result is a notice in either format")
    func notices() {
        for format in [OutputFormat.json, .human] {
            let printer = EventPrinter(format: format)
            #expect(printer.line(.subscribed(topics: ["a", "b"], cursors: [:])) == .notice("subscribed to a, b"))
            #expect(printer.line(.error(code: "C", message: "m")) == .notice("the relay says: m (C)"))
            #expect(
                printer.line(.reconnecting(reason: "gone", delay: .milliseconds(1200)))
                    == .notice("gone; trying again in 2 s")
            )
        }
    }

    @Test("Permissions may be typed with blanks or commas")
    func permissions() {
        #expect(PermissionNames.of(["read", "write"]) == ["read", "write"])
        #expect(PermissionNames.of(["read,write", "admin"]) == ["read", "write", "admin"])
        // The relay refuses what is none.
        #expect(PermissionNames.of([""]) == [""])
    }

    @Test(
        "Exit codes follow the kind of error",
        arguments: [
            (RelayError(.authenticationRequired, detail: "x"), CommandStatus.authentication),
            (RelayError(.refused, status: 403, detail: "x"), .failure),
            (RelayError(.unavailable, detail: "x"), .failure),
            (RelayError(.subscriptionEnded, closeCode: 1008, detail: "x"), .failure),
            (RelayError(.invalidEndpoint, detail: "x"), .usage),
            (RelayError(.invalidInput, detail: "x"), .usage),
        ]
    )
    func exitCodes(error: RelayError, status: CommandStatus) {
        #expect(CommandStatus(for: error) == status)
    }

    @Test("Advice goes with what it helps against: a wrong password needs no log-in, and an authority is named by --ca")
    func advice() {
        let ended = RelayError(.authenticationRequired, detail: "x")
        let wrong = RelayError(.authenticationRequired, detail: "x", isWrongPassword: true)
        #expect(CommandAdvice.text(for: ended)?.contains("pulsar-relay login") == true)
        #expect(CommandAdvice.text(for: wrong) == nil)
        #expect(CommandAdvice.text(for: RelayError(.untrusted, detail: "x"))?.contains("--ca") == true)
        #expect(CommandAdvice.text(for: RelayError(.unusableCertificate, detail: "x")) == nil)
        #expect(CommandAdvice.text(for: UsageError("x")) == nil)
    }

    @Test("Wrong usage is 2, files are 1")
    func otherExitCodes() {
        #expect(CommandStatus(for: UsageError("x")).rawValue == 2)
        #expect(CommandStatus(for: FileError("x")).rawValue == 1)
    }

    @Test("A password is edited unseen")
    func passwordLine() {
        func typed(_ text: String) -> PasswordLine.Action {
            var line = PasswordLine()
            for key in text.utf8 {
                let action = line.typed(key)
                if action != .more { return action }
            }
            return .more
        }
        #expect(typed("secret\n") == .finished("secret"))
        #expect(typed("sécrex\u{7F}t\r") == .finished("sécret"))
        #expect(typed("é\u{7F}\u{7F}ok\n") == .finished("ok"))
        #expect(typed("wrong\u{15}ok\u{4}") == .finished("ok"))
        #expect(typed("x\u{3}") == .interrupted)
        #expect(typed("\u{4}") == .interrupted)
        #expect(typed("x\u{1B}") == .more)
    }
}
