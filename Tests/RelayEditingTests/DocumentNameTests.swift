import RelayCore
import SeededRandom
import Testing

@testable import RelayEditing

@Suite("Names of documents")
struct DocumentNameTests {
    @Test(
        "A name has one form as a topic",
        arguments: [
            ("notes", "notes"), ("notes/v1.2", "notes_2fv1_2e2"), ("a_b", "a__b"), ("a-b", "a-b"), ("é", "_c3_a9"),
            ("😀", "_f0_9f_98_80"), (" ", "_20"), ("awareness", "awareness"), ("a/awareness", "a_2fawareness"),
            ("-", "_2d"), ("_", "_5f"), ("..", "_2e_2e"), ("A", "A"),
        ]
    )
    func form(_ text: String, _ segment: String) throws {
        let name = try #require(DocumentName(text))
        #expect(name.topicName.rawValue == "document/\(segment)")
        #expect(name.awarenessTopicName.rawValue == "document/\(segment)/awareness")
        #expect(DocumentName(path: name.topicName.rawValue) == name)
        #expect(DocumentName(path: name.awarenessTopicName.rawValue) == name)
    }

    @Test("What is no name", arguments: ["", "\0", "a\nb", "\u{7F}", "\u{85}", "\u{9F}", "\t"])
    func noName(_ text: String) {
        #expect(DocumentName(text) == nil)
    }

    @Test("A topic's name has at most 255 bytes, that of the awareness included")
    func length() throws {
        let longest = try #require(DocumentName(String(repeating: "a", count: 236)))
        #expect(longest.awarenessTopicName.rawValue.utf8.count == 255)
        #expect(DocumentName(String(repeating: "a", count: 237)) == nil)
        #expect(DocumentName(String(repeating: "/", count: 78)) != nil)
        #expect(DocumentName(String(repeating: "/", count: 79)) == nil)
    }

    @Test(
        "What is not a document's topic in its one form",
        arguments: [
            "", "document", "document/", "documents/a", "document/a/b", "document/a/", "document/a_2Fb", "document/a_b",
            "document/a_", "document/a_2", "document/_61", "document/_ff", "document/_00", "document/a.b", "document/é",
            "document/__", "document//awareness", "document/a/awareness/awareness", "x/document/a",
        ]
    )
    func noTopic(_ path: String) {
        #expect(DocumentTopic().name(fromPath: path) == nil)
        #expect(AwarenessTopic().name(fromPath: path) == nil)
    }

    @Test("A session's documents are parts of the session's topic")
    func sessions() throws {
        let name = try #require(DocumentName("session/s-1/document/notes/v1"))
        #expect(name.session == "s-1")
        #expect(name.topicName.rawValue == "session/s-1/document/notes_2fv1")
        #expect(DocumentName(path: name.statelessTopicName.rawValue) == name)
        #expect(DocumentTopic().name(fromPath: name.topicName.rawValue) == nil, "it is none that is on its own")
        #expect(DocumentName(path: "document/session_2fs-1_2fdocument_2fnotes") == nil, "nor has it two topics")
        let longest = "session/\(String(repeating: "s", count: 64))/document/\(String(repeating: "d", count: 128))"
        #expect(DocumentName(longest) != nil)
        #expect(DocumentName("session/s/document/") == nil)
        for other in [
            "session/s", "session/s/document", "session//document/a", "session/a.b/document/c", "x/s/document/a",
        ] {
            #expect(DocumentName(other)?.session == nil && DocumentName(other) != nil, "\(other)")
        }
    }

    @Test("A topic is either a document's or its awareness', whatever the document is called")
    func parts() {
        #expect(DocumentTopic().name(fromPath: "document/awareness") != nil)
        #expect(AwarenessTopic().name(fromPath: "document/awareness") == nil)
        #expect(DocumentTopic().name(fromPath: "document/awareness/awareness") == nil)
        let awareness = AwarenessTopic()
        #expect(awareness.name(fromPath: "document/awareness/awareness")?.rawValue == "document/awareness/awareness")
        #expect(
            awareness.root(of: TopicName(path: "document/awareness/awareness"))?.rawValue == "document/awareness"
        )
    }

    @Test("Random names go there and back, and no two have one form")
    func random() throws {
        var random = SeededGenerator(seed: 9)
        let letters = Array("aZ09-__//. %é😀ß\u{301}")
        var forms: [String: String] = [:]
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 1...8, using: &random)).map { _ in letters.randomElement(using: &random)! }
            )
            let name = try #require(DocumentName(text))
            #expect(DocumentName(path: name.topicName.rawValue)?.text.utf8.elementsEqual(text.utf8) == true)
            let bytes = text.utf8.map { String($0) }.joined(separator: " ")
            #expect(forms.updateValue(bytes, forKey: name.topicName.rawValue) ?? bytes == bytes, "\(text)")
        }
    }

    @Test("Random topics that are taken have the form that their document gives them")
    func randomTopics() {
        var random = SeededGenerator(seed: 10)
        let letters = Array("aF0_-29fed")
        var taken = 0
        for _ in 0..<50_000 {
            let segment = String(
                (0..<Int.random(in: 1...9, using: &random)).map { _ in letters.randomElement(using: &random)! }
            )
            guard let name = DocumentTopic().name(fromPath: "document/" + segment) else { continue }
            taken += 1
            #expect(name.rawValue == "document/" + segment)
        }
        #expect(taken > 1_000)
    }
}
