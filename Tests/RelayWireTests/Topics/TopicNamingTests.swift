import RelayWire
import Testing

@Suite("Names of topics")
struct TopicNamingTests {
    @Test("the name of a presence may be as long as its topic's, and the prefix")
    func presences() {
        let plain = String(repeating: "a", count: 255)
        let channel = "pulse/" + String(repeating: "_3a", count: 256)
        for (name, isLegal) in [
            ("presence/a", true), ("presence/" + plain, true), ("presence/" + channel, true), ("presence/", false),
            ("presence/" + plain + "a", false), ("presence/" + channel + "a", false), ("presence_" + plain, false),
            ("presence/presence/" + plain, false), ("a/presence/" + plain, false),
        ] {
            #expect(TopicNaming.paths.allows(name) == isLegal, "\(name)")
            #expect(!TopicNaming.plain.allows(name) || !name.contains("/"))
        }
        #expect(TopicNaming.paths.maximumLength(of: "presence/x".utf8) == 264)
        #expect(TopicNaming.paths.maximumLength(of: "presence/pulse/x".utf8) == 783)
        #expect(TopicNaming.plain.maximumLength(of: "presence/x".utf8) == 255)
    }
}
