import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let pendingCases: [ContractCase] = [
        ContractCase("what waits is found by its id and its alias, until it has expired") { under in
            try await under.withStore { store in
                let record = PendingRecord.of("a", alias: "A", until: 10)
                let insertion = try await store.insertPending(record, at: .at(0), limit: 9)
                #expect(insertion == .stored)
                #expect(try await store.pending(.device, .id("a"), at: .at(9)) == record)
                #expect(try await store.pending(.device, .alias("A"), at: .at(9)) == record)
                for name in [PendingName.id("A"), .alias("a"), .id("b"), .alias("")] {
                    #expect(try await store.pending(.device, name, at: .at(9)) == nil)
                }
                #expect(try await store.pending(.device, .id("a"), at: .at(10)) == nil)
                #expect(try await store.pending(.device, .alias("A"), at: .at(10)) == nil)
            }
        },
        ContractCase("what waits keeps bytes of all kinds, and needs no alias") { under in
            try await under.withStore { store in
                for (id, value) in [("empty", []), ("zero", [0, 255, 0])] as [(String, [UInt8])] {
                    let record = PendingRecord.of(id, alias: nil, value: value)
                    let insertion = try await store.insertPending(record, at: .at(0), limit: 9)
                    #expect(insertion == .stored)
                    #expect(try await store.pending(.device, .id(id), at: .at(0)) == record)
                    #expect(try await store.replacePending(record, by: value + [0, 1]))
                    #expect(try await store.pending(.device, .id(id), at: .at(0))?.value == value + [0, 1])
                }
            }
        },
        ContractCase("an id and an alias are one record's") { under in
            try await under.withStore { store in
                let insertion = try await store.insertPending(.of("a", alias: "A"), at: .at(0), limit: 9)
                #expect(insertion == .stored)
                let other = PendingRecord.of("b", alias: "A", value: [9])
                #expect(try await store.insertPending(other, at: .at(0), limit: 9) == .taken)
                #expect(try await store.insertPending(.of("a", alias: "B"), at: .at(0), limit: 9) == .taken)
                #expect(try await store.pending(.device, .alias("A"), at: .at(0)) == .of("a", alias: "A"))
                #expect(try await store.pending(.device, .id("b"), at: .at(0)) == nil)
                #expect(try await store.pending(.device, .alias("B"), at: .at(0)) == nil)
            }
        },
        ContractCase("no more wait than may, of whom those that have expired are none") { under in
            try await under.withStore { store in
                #expect(try await store.insertPending(.of("a", alias: nil, until: 5), at: .at(0), limit: 2) == .stored)
                #expect(try await store.insertPending(.of("b", alias: nil, until: 9), at: .at(0), limit: 2) == .stored)
                #expect(try await store.insertPending(.of("c", alias: nil), at: .at(4), limit: 2) == .full)
                #expect(try await store.insertPending(.of("c", alias: nil), at: .at(5), limit: 2) == .stored)
                #expect(try await store.insertPending(.of("d", alias: nil), at: .at(5), limit: 2) == .full)
                try await store.sweepPending(at: .at(9))
                #expect(try await store.insertPending(.of("d", alias: nil), at: .at(5), limit: 2) == .stored)
                #expect(try await store.pending(.device, .id("c"), at: .at(5)) != nil)
            }
        },
        ContractCase("all that wait of a kind are listed by pages") { under in
            try await under.withStore { store in
                #expect(try await store.pending(.device, after: nil, limit: 9, at: .at(0)).isEmpty)
                for (id, end) in [("c", 9), ("a", 9), ("gone", 4), ("b", 5)] as [(String, Double)] {
                    let record = PendingRecord.of(id, alias: id == "a" ? "A" : nil, value: [1, 0], until: end)
                    #expect(try await store.insertPending(record, at: .at(0), limit: 9) == .stored)
                }
                let other = PendingRecord(kind: .signIn, id: "other", value: [2], expiresAt: .at(9))
                #expect(try await store.insertPending(other, at: .at(0), limit: 9) == .stored)
                let first = try await store.pending(.device, after: nil, limit: 2, at: .at(4))
                #expect(first.map(\.id) == ["a", "b"] && first.map(\.alias) == ["A", nil])
                #expect(first.map(\.value) == [[1, 0], [1, 0]] && first.map(\.expiresAt) == [.at(9), .at(5)])
                #expect(try await store.pending(.device, after: "b", limit: 2, at: .at(4)).map(\.id) == ["c"])
                #expect(try await store.pending(.device, after: "c", limit: 2, at: .at(4)).isEmpty)
            }
        },
        ContractCase("a record changes only from what it is") { under in
            try await under.withStore { store in
                let first = PendingRecord.of("a", alias: "A", value: [1])
                let insertion = try await store.insertPending(first, at: .at(0), limit: 9)
                #expect(insertion == .stored)
                #expect(try await store.replacePending(first, by: [2]))
                #expect(try await store.replacePending(first, by: [3]) == false)
                #expect(try await store.takePending(first) == false)
                let second = PendingRecord.of("a", alias: "A", value: [2])
                #expect(try await store.pending(.device, .alias("A"), at: .at(0)) == second)
                #expect(try await store.takePending(second))
                #expect(try await store.takePending(second) == false)
                #expect(try await store.replacePending(second, by: [3]) == false)
                #expect(try await store.pending(.device, .alias("A"), at: .at(0)) == nil)
                #expect(try await store.insertPending(first, at: .at(0), limit: 1) == .stored)
            }
        },
        ContractCase("of those who take a record at once one gets it, and of those who change it one does") { under in
            try await under.withStore { store in
                let first = PendingRecord.of("a", alias: "A", value: [1])
                let insertion = try await store.insertPending(first, at: .at(0), limit: 9)
                #expect(insertion == .stored)
                let changed = try await Self.count { try await store.replacePending(first, by: [2]) }
                #expect(changed == 1)
                let taken = try await Self.count {
                    try await store.takePending(.of("a", alias: "A", value: [2]))
                }
                #expect(taken == 1)
            }
        },
        ContractCase("what waits is there after a restart") { under in
            try await under.withReopening { store in
                try await store.insertPending(.of("a", alias: "A"), at: .at(0), limit: 9)
            } after: { store, _ in
                let found = try await store.pending(.device, .alias("A"), at: .at(0))
                #expect(found == .of("a", alias: "A"))
            }
        },
    ]

    /// How many of several that run `body` at once are told that they did it.
    private static func count(_ body: @escaping @Sendable () async throws -> Bool) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { try await body() } }
            return try await group.reduce(0) { $1 ? $0 + 1 : $0 }
        }
    }
}

extension PendingRecord {
    fileprivate static func of(
        _ id: String,
        alias: String?,
        value: [UInt8] = [1, 2, 3],
        until seconds: Double = 1000
    ) -> PendingRecord {
        PendingRecord(kind: .device, id: id, alias: alias, value: value, expiresAt: .at(seconds))
    }
}
