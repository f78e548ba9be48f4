import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let epochCases: [ContractCase] = [
        ContractCase("an epoch stays while messages come and go") { under in
            try await under.withStore { store in
                let first = try await store.append([.text("a")], to: .named("t"), .newest(2)).bounds.epoch
                #expect(first != .none)
                for index in 0..<5 { try await store.append(["\(index)"], to: .named("t"), .newest(2)) }
                _ = try await store.sweep(at: .at(1_000_000), retention: Retention(maxAgeSeconds: 10))
                #expect(try await store.bounds(of: .named("t")).epoch == first)
                #expect(try await store.read(.named("t")).bounds.epoch == first)
                let other = try await store.append([.text("b")], to: .named("u"))
                #expect(other.bounds.epoch.id != first.id)
            }
        },
        ContractCase("a deletion begins a new epoch after the last message that it took") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                let before = try await store.append([.text("a"), .text("b")], to: .named("t"))
                let after = try #require(try await store.deleteTopic(.named("t")))
                #expect(after.epoch.id != before.bounds.epoch.id)
                #expect(after.epoch.start == before.stored[1].id)
                let anew = try await store.append([.text("c")], to: .named("t"))
                #expect(anew.bounds.epoch.id != before.bounds.epoch.id)
                #expect(anew.bounds.epoch.start == before.stored[1].id)
            }
        },
        ContractCase("an epoch survives reopening") { under in
            try await under.withReopening { store in
                _ = try await store.createTopic(.of(.named("deleted")))
                try await store.append(["a"], to: .named("deleted"))
                let deleted = try await store.deleteTopic(.named("deleted"))
                let kept = try await store.append([.text("a")], to: .named("t")).bounds.epoch
                return (kept, deleted?.epoch)
            } after: { store, epochs in
                let kept = try await store.bounds(of: .named("t"))
                let deleted = try await store.bounds(of: .named("deleted"))
                #expect(kept.epoch == epochs.0)
                #expect(deleted.epoch == epochs.1)
            }
        },
    ]
}

extension StreamBounds {
    /// Without the epoch, which a store draws at random.
    var ends: StreamBounds {
        StreamBounds(last: self.last, trimmedThrough: self.trimmedThrough, count: self.count)
    }
}
