import NIOCore
import RelayCore
import RelayDocuments
import Testing

@testable import RelayEditing

@Suite("What a document's topics take")
struct DocumentTopicTests {
    private let olga = Principal.user("olga")

    @Test("An update is taken as it is, for ever, with its author's name")
    func update() throws {
        let draft = try DocumentTopic().admit(.binary(Sample.letter(0)), from: self.olga, access: .missing)
        #expect(draft.payload.readableBytesView.elementsEqual(Sample.letter(0)))
        #expect(draft.ttl == nil)
        #expect(draft.sender == "olga")
        #expect(try DocumentTopic().admit(.binary(Sample.letter(0)), from: .relay, access: .missing).sender == nil)
    }

    @Test("What is no update is refused: JSON, cut at each byte, with more behind, too large")
    func noUpdate() {
        let topic = DocumentTopic()
        let json = Draft.binary(Array(#"{"a":1}"#.utf8))
        #expect(throws: Refusal.self) { try topic.admit(json, from: self.olga, access: .missing) }
        let update = Sample.letter(0)
        for length in 0..<update.count {
            #expect(throws: Refusal.self, "\(length) bytes") {
                try topic.admit(.binary(Array(update.prefix(length))), from: self.olga, access: .missing)
            }
        }
        #expect(throws: Refusal.self) { try topic.admit(.binary(update + [0]), from: self.olga, access: .missing) }
        var settings = DocumentSettings()
        settings.maxBytes = update.count - 1
        #expect(throws: Refusal.self) {
            try DocumentTopic(settings: settings).admit(.binary(update), from: self.olga, access: .missing)
        }
    }

    @Test(
        "A shared type that Yjs can't read is refused from all but the relay, which says again what there was",
        arguments: [7, 9, 15]
    )
    func foreignType(type: UInt8) throws {
        let topic = DocumentTopic()
        let link = type == 7 ? [0, 1, 0] : [] as [UInt8]
        let update = Draft.binary([1, 1, 1, 0, 7, 1, 1, UInt8(ascii: "t"), type] + link + [0])
        #expect(throws: Refusal.self) { try topic.admit(update, from: self.olga, access: .missing) }
        #expect(throws: Never.self) { try topic.admit(update, from: .relay, access: .missing) }
    }

    @Test("One client's entry is taken for as long as it counts, and compacted by client")
    func awareness() throws {
        let topic = AwarenessTopic()
        let bytes = Sample.state(AwarenessEntry(client: 1 << 40, clock: 3, state: Array(#"{"a":1}"#.utf8)))
        let draft = try topic.admit(.binary(bytes), from: self.olga, access: .missing)
        #expect(draft.ttl == 60)
        #expect(draft.sender == "olga")
        #expect(topic.tier == .hot)
        #expect(topic.compaction != nil && AwarenessTopic.client(of: draft.payload) == 1 << 40)
    }

    @Test("Awareness that is none is refused: no entry, two, no JSON, cut at each byte, too large")
    func noAwareness() {
        let topic = AwarenessTopic()
        let entry = AwarenessEntry(client: 5, clock: 3, state: Array(#"{"a":1}"#.utf8))
        let large = AwarenessEntry(
            client: 5,
            clock: 3,
            state: Array(#""\#(String(repeating: "a", count: 50_000))""#.utf8)
        )
        let wrong = AwarenessEntry(client: 5, clock: 3, state: Array("{".utf8))
        let bad = [[0], AwarenessUpdate([entry, entry]).encoded(), Sample.state(large), Sample.state(wrong)]
        let whole = Sample.state(entry)
        for bytes in bad + (0..<whole.count).map({ Array(whole.prefix($0)) }) {
            #expect(throws: Refusal.self) { try topic.admit(.binary(bytes), from: self.olga, access: .missing) }
        }
    }
}
