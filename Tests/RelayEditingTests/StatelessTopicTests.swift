import RelayCore
import RelayDocuments
import Testing

@testable import RelayEditing

@Suite("What a topic for stateless messages takes")
struct StatelessTopicTests {
    private let olga = Principal.user("olga")

    @Test("Messages of both dialects are taken for a minute, and kept in memory only")
    func messages() throws {
        let topic = StatelessTopic()
        for dialect in [StatelessMessage.Dialect.hocuspocus, .zeal] {
            let bytes = StatelessMessage(dialect, from: 1 << 40, Array("{}".utf8)).encoded()
            let draft = try topic.admit(.binary(bytes), from: self.olga, access: .missing)
            #expect(draft.ttl == 60)
            #expect(draft.sender == "olga")
            for length in 0..<bytes.count {
                #expect(throws: Refusal.self) {
                    try topic.admit(.binary(Array(bytes.prefix(length))), from: self.olga, access: .missing)
                }
            }
        }
        let large = StatelessMessage(.zeal, from: 1, [UInt8](repeating: 0x61, count: 1 << 20)).encoded()
        #expect(throws: Refusal.self) { try topic.admit(.binary(large), from: self.olga, access: .missing) }
        #expect(topic.tier == .hot)
    }

    @Test("It is a part of its document, whatever that is called")
    func names() throws {
        let topic = StatelessTopic()
        for text in ["a", "stateless", "a/stateless", "awareness"] {
            let name = try #require(DocumentName(text))
            #expect(topic.name(fromPath: name.statelessTopicName.rawValue) == name.statelessTopicName)
            #expect(topic.root(of: name.statelessTopicName) == name.topicName)
            #expect(DocumentName(path: name.statelessTopicName.rawValue) == name)
            for other in [name.topicName, name.awarenessTopicName] {
                #expect(topic.name(fromPath: other.rawValue) == nil)
            }
            #expect(DocumentTopic().name(fromPath: name.statelessTopicName.rawValue) == nil)
            #expect(AwarenessTopic().name(fromPath: name.statelessTopicName.rawValue) == nil)
            #expect(DocumentTopic().name(fromPath: name.topicName.rawValue) == name.topicName)
        }
    }
}
