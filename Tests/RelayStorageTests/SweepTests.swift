import RelayCore
import RelayStorage
import RelayWire
import StoreContract
import Testing

@Suite("What sweeps forget")
struct SweepTests {
    @Test("bounds without topic and messages are forgotten after a day, others stay", arguments: StoreUnderTest.all)
    func idleBounds(under: StoreUnderTest) async throws {
        try await under.withStore { store in
            let keys = ["kept", "gone", "expired", "busy"].map { TopicKey.named($0) }
            for key in keys {
                var draft = Draft.bytes(1)
                draft.ttl = key == .named("expired") ? 1 : nil
                try await store.put(.one(draft, to: key))
                if key == .named("kept") || key == .named("gone") { _ = try await store.createTopic(.plain(key)) }
            }
            _ = try await store.deleteTopic(.named("gone"))
            let retention = Retention(maxAgeSeconds: 3600)
            _ = try await store.sweep(at: .at(86_400), retention: retention)
            for key in keys { #expect(try await store.bounds(of: key).last > .zero) }
            _ = try await store.sweep(at: .at(86_402), retention: retention)
            for key in keys {
                let isKept = key == .named("kept") || key == .named("busy")
                #expect((try await store.bounds(of: key).last > .zero) == isKept)
            }
            #expect(try await store.put(.one(.bytes(1, at: 86_402), to: .named("gone"))).bounds.count == 1)
        }
    }
}
