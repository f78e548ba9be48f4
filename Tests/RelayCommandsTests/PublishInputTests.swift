import RelayClient
import RelayCommands
import Testing

@Suite("What is published")
struct PublishInputTests {
    @Test("The argument says where the payload is")
    func sources() {
        #expect(PayloadSource(argument: nil) == .standardInput)
        #expect(PayloadSource(argument: "-") == .standardInput)
        #expect(PayloadSource(argument: "@a/b.json") == .file("a/b.json"))
        #expect(PayloadSource(argument: "{}") == .text("{}"))
    }

    @Test("A payload is a JSON object", arguments: ["", "x", "[]", "1", "null", "{} {}"])
    func badPayload(text: String) {
        #expect(throws: UsageError.self) { try PayloadSource.text(text).payload() }
    }

    @Test("What is published as bytes may be anything")
    func anyBytes() throws {
        #expect(try PayloadSource.text("no {").bytes() == Array("no {".utf8))
        #expect(throws: UsageError.self) { try PayloadSource.file("/nowhere/at/all").bytes() }
    }

    @Test("A file that isn't there is wrong usage")
    func missingFile() {
        #expect(throws: UsageError.self) { try PayloadSource.file("/nowhere/at/all").payload() }
    }

    private static let template = OutgoingMessage(topic: "t", payload: [:], ttl: 9, metadata: ["k": "v"])

    private static func bulks(_ lines: [String], key: String? = nil) throws -> [BulkInput.Bulk] {
        var input = BulkInput(template: self.template, idempotencyKey: key)
        var rest = lines[...]
        var bulks: [BulkInput.Bulk] = []
        while let bulk = try input.next({ rest.popFirst() }) { bulks.append(bulk) }
        return bulks
    }

    @Test(
        "Lines are cut into bulks of 100, each under a key of its own",
        arguments: [(0, []), (1, [1]), (100, [100]), (250, [100, 100, 50])]
    )
    func chunks(lineCount: Int, sizes: [Int]) throws {
        let bulks = try Self.bulks((0..<lineCount).map { #"{"n":\#($0)}"# }, key: "k")
        #expect(bulks.map(\.messages.count) == sizes)
        #expect(bulks.map(\.idempotencyKey) == sizes.indices.map { "k-\($0)" })
        #expect(bulks.flatMap(\.messages).map(\.payload) == (0..<lineCount).map { ["n": .number(JSONNumber($0))] })
    }

    @Test("Blank lines are passed over, and the template fills in the rest")
    func blanks() throws {
        let bulks = try Self.bulks(["", #"{"a":1}"#, "  ", #"{"a":2}"#, ""])
        #expect(bulks.map(\.messages.count) == [2])
        #expect(bulks.first?.idempotencyKey == nil)
        var expected = Self.template
        expected.payload = ["a": 1]
        #expect(bulks.first?.messages.first == expected)
    }

    @Test("A bad line is named by its number")
    func badLine() {
        #expect { try Self.bulks(["{}", "", "nope"]) } throws: { error in
            "\(error)".hasPrefix("line 3: the payload is not JSON")
        }
    }
}
