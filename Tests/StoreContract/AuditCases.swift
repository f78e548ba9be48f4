import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let auditCases: [ContractCase] = [
        ContractCase("an audit record comes back as it was stored, also after a restart") { under in
            let full = AuditRecord(
                id: "00000000000000a1",
                at: .at(1.5),
                node: "n",
                user: UserID("u"),
                username: "é 🐙 \"x\"\n",
                address: "::1",
                action: "user.change",
                target: "a/b c\u{0}",
                targetName: "é \"b\"",
                outcome: .refused,
                status: 403,
                details: ["permissions": "read,write", "is_active": "false"]
            )
            try await under.withStore { store in
                let plain = AuditRecord.of("b", at: 1)
                try await store.addAuditRecords([full, plain], keeping: 10)
                #expect(try await store.auditRecords(before: nil, limit: 10) == [full, plain])
            }
            try await under.withReopening { store in
                try await store.addAuditRecords([full], keeping: 10)
            } after: { store, _ in
                let kept = try await store.auditRecords(before: nil, limit: 10)
                #expect(kept == [full])
            }
        },
        ContractCase("audit records are listed newest first, in pages, whatever order they came in") { under in
            try await under.withStore { store in
                let records = [("c", 3.0), ("a", 1), ("b", 3), ("d", 2), ("e", 3)].map {
                    AuditRecord.of($0.0, at: $0.1)
                }
                for record in records { try await store.addAuditRecords([record], keeping: 10) }
                let all = try await store.auditRecords(before: nil, limit: 10)
                #expect(all.map(\.id) == ["e", "c", "b", "d", "a"])
                let first = try await store.auditRecords(before: nil, limit: 2)
                #expect(first.map(\.id) == ["e", "c"])
                let second = try await store.auditRecords(before: first[1].place, limit: 2)
                #expect(second.map(\.id) == ["b", "d"])
                let third = try await store.auditRecords(before: second[1].place, limit: 2)
                #expect(third.map(\.id) == ["a"])
                #expect(try await store.auditRecords(before: third[0].place, limit: 2) == [])
                #expect(try await store.auditRecords(before: nil, limit: 0) == [])
            }
        },
        ContractCase("an audit record that is stored again is there once") { under in
            try await under.withStore { store in
                try await store.addAuditRecords([.of("a", at: 1), .of("b", at: 2)], keeping: 10)
                try await store.addAuditRecords([.of("b", at: 2), .of("c", at: 3)], keeping: 10)
                #expect(try await store.auditRecords(before: nil, limit: 10).map(\.id) == ["c", "b", "a"])
            }
        },
        ContractCase("of too many audit records the oldest go") { under in
            try await under.withStore { store in
                try await store.addAuditRecords((0..<20).map { .of("r\($0)", at: Double($0)) }, keeping: 5)
                let ids = try await store.auditRecords(before: nil, limit: 100).map(\.id)
                #expect(ids == ["r19", "r18", "r17", "r16", "r15"])
                try await store.addAuditRecords([.of("late", at: 0)], keeping: 5)
                #expect(try await store.auditRecords(before: nil, limit: 100).map(\.id) == ids)
                try await store.addAuditRecords([.of("new", at: 30)], keeping: 2)
                #expect(try await store.auditRecords(before: nil, limit: 100).map(\.id) == ["new", "r19"])
            }
        },
        ContractCase("audit records of before a moment are forgotten") { under in
            try await under.withStore { store in
                try await store.addAuditRecords((0..<5).map { .of("r\($0)", at: Double($0)) }, keeping: 10)
                try await store.sweepAuditRecords(before: .at(3))
                #expect(try await store.auditRecords(before: nil, limit: 10).map(\.id) == ["r4", "r3"])
                try await store.sweepAuditRecords(before: .at(100))
                #expect(try await store.auditRecords(before: nil, limit: 10) == [])
            }
        },
    ]
}

extension AuditRecord {
    fileprivate static func of(_ id: String, at seconds: Double) -> AuditRecord {
        AuditRecord(id: id, at: .at(seconds), node: "n", action: "test", outcome: .ok)
    }
}
