import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let deadlineCases: [ContractCase] = [
        ContractCase("deadlines come when they are due, the earliest first, and no more than are wanted") { under in
            try await under.withDeadlines { store in
                let names = (0..<6).map { Deadline.Name(topic: .named("room/\($0)"), peer: $0 == 0 ? nil : "p \($0)é") }
                let times: [Double] = [5, 3, 4, 2.000_001, 9, 1]
                try await store.setDeadlines(zip(names, times).map { Deadline(name: $0, at: .at($1)) })
                #expect(try await store.dueDeadlines(at: .at(0.5), limit: 9).isEmpty)
                #expect(try await store.dueDeadlines(at: .at(5), limit: 0).isEmpty)
                let first = try await store.dueDeadlines(at: .at(5), limit: 2)
                #expect(first == [5, 3].map { Deadline(name: names[$0], at: .at(times[$0])) })
                let rest = try await store.dueDeadlines(at: .at(5), limit: 9)
                #expect(rest == [1, 2, 0].map { Deadline(name: names[$0], at: .at(times[$0])) })
                #expect(try await store.dueDeadlines(at: .at(5), limit: 9).isEmpty)
            }
        },
        ContractCase(
            "who got a due deadline has it for some seconds, and then it is due again, unless it was removed or set"
        ) {
            under in
            try await under.withDeadlines { store in
                let names = ["a", "b", "c"].map { Deadline.Name(topic: .named("room/1"), peer: $0) }
                try await store.setDeadlines(names.map { Deadline(name: $0, at: .at(1)) })
                #expect(try await store.dueDeadlines(at: .at(1), limit: 9).count == 3)
                #expect(try await store.dueDeadlines(at: .at(5.9), limit: 9).isEmpty)
                try await store.removeDeadlines([names[0], Deadline.Name(topic: .named("room/1"), peer: "never")])
                try await store.setDeadlines([Deadline(name: names[1], at: .at(50))])
                let again = try await store.dueDeadlines(at: .at(6), limit: 9)
                #expect(again == [Deadline(name: names[2], at: .at(6))])
                #expect(try await store.dueDeadlines(at: .at(50), limit: 9).map(\.name) == [names[2], names[1]])
            }
        },
        ContractCase("a name has one deadline: the last that was set") { under in
            try await under.withDeadlines { store in
                let (own, peer) = (
                    Deadline.Name(topic: .named("room/1")), Deadline.Name(topic: .named("room/1"), peer: "")
                )
                for time in [9.0, 1, 5] {
                    try await store.setDeadlines([own, peer].map { Deadline(name: $0, at: .at(time)) })
                }
                #expect(try await store.dueDeadlines(at: .at(4), limit: 9).isEmpty)
                #expect(Set(try await store.dueDeadlines(at: .at(5), limit: 9).map(\.name)) == [own, peer])
                try await store.removeDeadlines([own])
                #expect(try await store.dueDeadlines(at: .at(99), limit: 9).map(\.name) == [peer])
                try await store.setDeadlines([])
                try await store.removeDeadlines([])
            }
        },
        ContractCase("what is only added leaves the deadline that a name has") { under in
            try await under.withDeadlines { store in
                let (known, new) = (
                    Deadline.Name(topic: .named("presence/a"), peer: "r1"),
                    Deadline.Name(topic: .named("presence/a"), peer: "r2")
                )
                try await store.setDeadlines([Deadline(name: known, at: .at(9))])
                try await store.addDeadlines([known, new].map { Deadline(name: $0, at: .at(1)) })
                try await store.addDeadlines([known, new].map { Deadline(name: $0, at: .at(20)) })
                try await store.addDeadlines([])
                #expect(try await store.dueDeadlines(at: .at(1), limit: 9).map(\.name) == [new])
                #expect(try await store.dueDeadlines(at: .at(9), limit: 9).map(\.name).contains(known))
            }
        },
        ContractCase("of many who ask at once each due deadline goes to one") { under in
            try await under.withDeadlines { store in
                let names = (0..<600).map { Deadline.Name(topic: .named("room/\($0)"), peer: "p") }
                try await store.setDeadlines(names.map { Deadline(name: $0, at: .at(1)) })
                let got = try await withThrowingTaskGroup(of: [Deadline].self) { group in
                    for _ in 0..<60 { group.addTask { try await store.dueDeadlines(at: .at(2), limit: 10) } }
                    return try await group.reduce(into: []) { $0 += $1.map(\.name) }
                }
                #expect(got.count == 600 && Set(got).count == 600)
            }
        },
    ]
}

extension StoreUnderTest {
    fileprivate func withDeadlines(_ body: (any DeadlineStore) async throws -> Void) async throws {
        try await self.withStore { store in try await body(try #require(self.deadlines(store))) }
    }
}
