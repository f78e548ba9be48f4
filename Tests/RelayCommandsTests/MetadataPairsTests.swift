import RelayCommands
import Testing

@Suite("Metadata on the command line")
struct MetadataPairsTests {
    @Test("Pairs are split at the first equals sign, and the last of a key counts")
    func pairs() throws {
        #expect(try MetadataPairs.parse(["a=1", "b=", "c=x=y", "a=2"]) == ["a": "2", "b": "", "c": "x=y"])
    }

    @Test("What is no pair is wrong usage", arguments: ["", "a", "=1"])
    func bad(pair: String) {
        #expect(throws: UsageError.self) { try MetadataPairs.parse([pair]) }
    }
}
