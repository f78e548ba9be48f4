import Testing

@testable import RelayServer

@Suite struct DotEnvironmentLineTests {
    @Test(
        "Lines that set a variable",
        arguments: [
            ("A=b", "b"), ("  export A = b  ", "b"), ("A=", ""), ("A=b # note", "b"), ("A=b#c", "b#c"),
            ("A='b # \\n c' # note", "b # \\n c"), ("A=\"b\\n\\\"c\\\"\\\\\"", "b\n\"c\"\\"), ("A=b=c", "b=c"),
            ("A=\"$B\"", "$B"), ("A=b\r", "b"), ("A=[\"x\"]", "[\"x\"]"),
        ]
    )
    func variables(_ line: String, _ value: String) {
        #expect(DotEnvironmentLine(line) == .variable(name: "A", value: value))
    }

    @Test("Lines that say nothing", arguments: ["", "   ", "# A=b", "\t#"])
    func blank(_ line: String) {
        #expect(DotEnvironmentLine(line) == .blank)
    }

    @Test("Lines that can't be read", arguments: ["A", "A=\"b", "A='b' c", "A=\"b\\", "=b", "A B=c"])
    func unreadable(_ line: String) {
        guard case .unreadable = DotEnvironmentLine(line) else {
            Issue.record("\(line) was read")
            return
        }
    }

    @Test("Only unreadable lines that are the relay's are problems, and they are not quoted")
    func problems() {
        let text = "BROKEN\nPULSAR_JWT_SECRET=\"hunter2\nexport PULSAR_PORT\nOTHER='\n"
        let reading = SourceReading.dotEnvironment(text, names: EnvironmentNames())
        #expect(reading.entries.isEmpty)
        #expect(reading.problems.map(\.place) == [".env line 2", ".env line 3"])
        #expect(!reading.problems.description.contains("hunter2"))
    }
}
