import RelayCore
import Testing

@Suite("Topic names")
struct TopicNameTests {
    @Test(
        "legal names",
        arguments: ["a", "Z", "0", "job_setup", "-a", "a-", "_1", "A-b_C", String(repeating: "x", count: 255)]
    )
    func legal(text: String) {
        #expect(TopicName(text)?.rawValue == text)
    }

    @Test(
        "illegal names",
        arguments: [
            "", "_", "-", "___", "-_-", "a b", "a/b", "session/1/signal", "a.b", "été", "名", "a\u{0}", "a\n", "@a",
            String(repeating: "x", count: 256), String(repeating: "_", count: 300),
        ]
    )
    func illegal(text: String) {
        #expect(TopicName(text) == nil)
    }

    @Test("a key is its name, with its namespace where there is one, and no two keys read the same")
    func keys() {
        let name = TopicName(path: "news")
        #expect(TopicKey(name: name).description == "news")
        #expect(TopicKey(name: name, namespace: UserID("u1")).description == "@u1/news")
        #expect(TopicKey(name: name) != TopicKey(name: name, namespace: UserID("u1")))
    }
}
