import RelayCore
import Testing

@Suite("The kinds a relay serves")
struct TopicCatalogTests {
    private let catalog = TopicCatalog([PlainStream(), SignalBehavior()])

    @Test(
        "a path belongs to the kind that knows it",
        arguments: [("news", "stream"), ("session/7/signal", "signal"), ("session", "stream")]
    )
    func resolves(path: String, kind: String) throws {
        let name = try #require(self.catalog.key(ofPath: path, for: Principal.olga.id)).name
        #expect(name.rawValue == path)
        #expect(self.catalog.behavior(of: name).kind == kind)
    }

    @Test("other paths are no topics", arguments: ["session/7", "session//signal", "session/7/signal/", "a/b", ""])
    func refuses(path: String) {
        #expect(self.catalog.key(ofPath: path, for: Principal.olga.id) == nil)
    }

    @Test("nobody gets into a stored topic of a kind that is not served")
    func unknownKind() {
        let behavior = self.catalog.behavior(of: TopicName(path: "document/x"))
        #expect(behavior.kind == "unknown")
        #expect(behavior.decide(.read, by: .ada, on: .missing) == .missing)
        #expect(behavior.decide(.create, by: .ada, on: .missing) == .missing)
    }
}
