import RelayAccess
import RelayCore
import RelayWire
import SeededRandom
import Testing

extension StoreContract {
    static let readerCases: [ContractCase] = [
        ContractCase("a named reader comes back as it was stored, to its user and its topic alone") { under in
            try await under.withStore { store in
                for name in ["t", "u"] { _ = try await store.createTopic(.of(.named(name))) }
                let reader = StoredReader.of(
                    "t",
                    "ann",
                    "worker",
                    at: .init(epoch: .max, id: .init(5, 1 << 52)),
                    seconds: 7.000_001
                )
                #expect(try await store.reader(reader.reader) == nil)
                #expect(try await store.createReader(reader, within: ReaderQuota()) == .created)
                #expect(try await store.reader(reader.reader) == reader)
                #expect(try await store.reader(.of("u", "ann", "worker")) == nil)
                #expect(try await store.reader(.of("t", "bob", "worker")) == nil)
                #expect(try await store.reader(.of("t", "ann", "Worker")) == nil)
                var other = reader
                other.position = ReaderPosition(epoch: 1, id: MessageID(9, 9))
                #expect(try await store.createReader(other, within: ReaderQuota()) == .existed(reader))
                #expect(try await store.reader(reader.reader) == reader)
            }
        },
        ContractCase("a topic whose name is a path has named readers as others have, and one that is missing has none")
        {
            under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("session/1")))
                for name in ["session/1", "session/2"] {
                    let reader = StoredReader.of(
                        name,
                        "ann",
                        "worker",
                        at: .init(epoch: 1, id: .init(5, 0)),
                        seconds: 7
                    )
                    let isThere = name == "session/1"
                    #expect(
                        try await store.createReader(reader, within: ReaderQuota())
                            == (isThere ? .created : .topicMissing)
                    )
                    #expect(try await store.reader(reader.reader) == (isThere ? reader : nil))
                    #expect(try await store.moveReaders([reader.move(to: 1, 6, 0)]).map { $0 != nil } == [isThere])
                    #expect(try await store.deleteReader(reader.reader) == isThere)
                }
            }
        },
        ContractCase("the named readers of a topic whose name is a path go with it") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("pulse/1")))
                let reader = StoredReader.of("pulse/1", "ann", "worker")
                #expect(try await store.createReader(reader, within: ReaderQuota()) == .created)
                _ = try await store.deleteTopic(.named("pulse/1"))
                _ = try await store.createTopic(.of(.named("pulse/1"), id: "again"))
                #expect(try await store.reader(reader.reader) == nil)
            }
        },
        ContractCase("a reader of a topic that does not exist is not kept") { under in
            try await under.withStore { store in
                let reader = StoredReader.of("t", "ann", "worker")
                let creation = try await store.createReader(reader, within: ReaderQuota())
                #expect(creation == .topicMissing)
                #expect(try await store.reader(reader.reader) == nil)
                #expect(try await store.moveReaders([reader.move(to: 1, 5, 0)]) == [nil])
                #expect(try await store.reader(reader.reader) == nil)
                #expect(try await store.readers(of: .named("t"), ofUser: nil, after: nil, limit: 9).isEmpty)
            }
        },
        ContractCase("a move goes forward by the order of ids, into another epoch, and back only by force") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                let reader = StoredReader.of("t", "ann", "worker", at: .init(epoch: 7, id: MessageID(5, 9)))
                _ = try await store.createReader(reader, within: ReaderQuota())
                func move(_ epoch: UInt64, _ ms: UInt64, _ seq: UInt64, forced: Bool = false) async throws
                    -> ReaderPosition?
                {
                    try await store.moveReaders([reader.move(to: epoch, ms, seq, forced: forced)])[0]
                }
                #expect(try await move(7, 5, 10) == ReaderPosition(epoch: 7, id: MessageID(5, 10)))
                #expect(try await move(7, 5, 9) == ReaderPosition(epoch: 7, id: MessageID(5, 10)))
                #expect(try await move(7, 4, 99) == ReaderPosition(epoch: 7, id: MessageID(5, 10)))
                #expect(try await move(7, 10, 0) == ReaderPosition(epoch: 7, id: MessageID(10, 0)))
                #expect(try await move(8, 9, 0) == ReaderPosition(epoch: 8, id: MessageID(9, 0)))
                #expect(try await move(8, 2, 1, forced: true) == ReaderPosition(epoch: 8, id: MessageID(2, 1)))
                #expect(
                    try await store.reader(reader.reader)?.position == ReaderPosition(epoch: 8, id: MessageID(2, 1))
                )
                #expect(try await store.reader(reader.reader)?.createdAt == reader.createdAt)
            }
        },
        ContractCase("many moves at once count each, also several of one reader and of readers that are gone") {
            under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                let readers = (0..<700).map { StoredReader.of("t", "user\($0 % 7)", "r\($0)") }
                for reader in readers where reader.reader.name.rawValue != "r3" {
                    #expect(try await store.createReader(reader, within: ReaderQuota()) == .created)
                }
                let moves =
                    readers.map { $0.move(to: 1, 5, 1) } + [readers[4].move(to: 1, 9, 0), readers[4].move(to: 1, 8, 0)]
                let positions = try await store.moveReaders(moves)
                #expect(positions.count == moves.count && positions[3] == nil)
                #expect(positions[5] == ReaderPosition(epoch: 1, id: MessageID(5, 1)))
                #expect(positions.last == ReaderPosition(epoch: 1, id: MessageID(9, 0)))
                #expect(try await store.reader(readers[699].reader)?.position.id == MessageID(5, 1))
                #expect(try await store.moveReaders([]).isEmpty)
            }
        },
        ContractCase("a topic and a user have no more readers than they may, whoever makes them at the same time") {
            under in
            try await under.withStore { store in
                for name in ["t", "u", "v"] { _ = try await store.createTopic(.of(.named(name))) }
                let quota = ReaderQuota(maxPerTopic: 5, maxPerUser: 3)
                let made = try await withThrowingTaskGroup(of: ReaderCreation.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            try await store.createReader(.of("t", "user\(number % 4)", "r\(number)"), within: quota)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(made.count { $0 == .created } == 5)
                for number in 0..<3 { _ = try await store.createReader(.of("u", "ann", "r\(number)"), within: quota) }
                #expect(try await store.createReader(.of("v", "ann", "r"), within: quota) == .refused(.ofUser))
                #expect(try await store.createReader(.of("t", "eve", "r"), within: quota) == .refused(.ofTopic))
                #expect(try await store.createReader(.of("v", "eve", "r"), within: quota) == .created)
                #expect(try await store.deleteReader(.of("u", "ann", "r0")))
                #expect(try await store.createReader(.of("v", "ann", "r"), within: quota) == .created)
            }
        },
        ContractCase("readers are listed by user and name, page by page, of one user or of all") { under in
            try await under.withStore { store in
                for name in ["t", "u"] { _ = try await store.createTopic(.of(.named(name))) }
                let names = [("b", "2"), ("a", "z"), ("b", "10"), ("a", "B"), ("a", "a"), ("c", "a-b")]
                for (user, name) in names {
                    _ = try await store.createReader(.of("t", user, name), within: ReaderQuota())
                }
                _ = try await store.createReader(.of("u", "a", "other"), within: ReaderQuota())
                func list(_ user: String? = nil, after: (String, String)? = nil, _ limit: Int = 99) async throws
                    -> [String]
                {
                    let start = after.map { NamedReader.of("t", $0.0, $0.1) }
                    let user = user.map { UserID($0) }
                    return try await store.readers(of: .named("t"), ofUser: user, after: start, limit: limit)
                        .map { "\($0.reader.user)/\($0.reader.name)" }
                }
                let all = ["a/B", "a/a", "a/z", "b/10", "b/2", "c/a-b"]
                #expect(try await list() == all)
                #expect(try await list(nil, after: nil, 2) == Array(all[..<2]))
                #expect(try await list(nil, after: ("a", "a"), 3) == Array(all[2..<5]))
                #expect(try await list(nil, after: ("b", "1")) == Array(all[3...]))
                #expect(try await list("b") == ["b/10", "b/2"])
                #expect(try await list("b", after: ("b", "10")) == ["b/2"])
                #expect(try await list("nobody").isEmpty)
                #expect(try await list(nil, after: nil, 0).isEmpty)
            }
        },
        ContractCase("readers go with their topic, and one that is made again has none") { under in
            try await under.withStore { store in
                for name in ["t", "u"] { _ = try await store.createTopic(.of(.named(name))) }
                for topic in ["t", "u"] {
                    for user in ["ann", "bob"] {
                        _ = try await store.createReader(.of(topic, user, "r"), within: ReaderQuota())
                    }
                }
                _ = try await store.deleteTopic(.named("t"))
                #expect(try await store.reader(.of("t", "ann", "r")) == nil)
                _ = try await store.createTopic(.of(.named("t"), id: "again"))
                #expect(try await store.readers(of: .named("t"), ofUser: nil, after: nil, limit: 9).isEmpty)
                #expect(try await store.moveReaders([StoredReader.of("t", "ann", "r").move(to: 1, 9, 9)]) == [nil])
                #expect(try await store.readers(of: .named("u"), ofUser: nil, after: nil, limit: 9).count == 2)
                // They count no more.
                let quota = ReaderQuota(maxPerTopic: 9, maxPerUser: 2)
                #expect(try await store.createReader(.of("t", "ann", "r"), within: quota) == .created)
            }
        },
        ContractCase("readers go with their user, and nobody else's do") { under in
            try await under.withStore { store in
                for name in ["t", "u"] { _ = try await store.createTopic(.of(.named(name))) }
                for user in ["ann", "bob"] { _ = try await store.createUser(.of(user)) }
                for topic in ["t", "u"] {
                    for user in ["ann", "bob"] {
                        _ = try await store.createReader(.of(topic, user, "r"), within: ReaderQuota())
                    }
                }
                _ = try await store.deleteUser(UserID("ann"))
                for topic in ["t", "u"] {
                    let left = try await store.readers(of: .named(topic), ofUser: nil, after: nil, limit: 9)
                    #expect(left.map(\.reader.user.rawValue) == ["bob"])
                }
                let quota = ReaderQuota(maxPerTopic: 2, maxPerUser: 1)
                #expect(try await store.createReader(.of("t", "ann", "r"), within: quota) == .created)
            }
        },
        ContractCase("a reader that is deleted is gone once, and one that nobody has used for long goes by itself") {
            under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                for (name, seconds) in [("old", 1.0), ("moved", 2), ("new", 9)] {
                    let reader = StoredReader.of("t", "ann", name, seconds: seconds)
                    _ = try await store.createReader(reader, within: ReaderQuota())
                }
                let moved = StoredReader.of("t", "ann", "moved")
                // It goes nowhere, and is used all the same.
                _ = try await store.moveReaders([moved.move(to: 0, 0, 0, seconds: 8)])
                try await store.sweepReaders(unusedSince: .at(8))
                let left = try await store.readers(of: .named("t"), ofUser: nil, after: nil, limit: 9)
                #expect(left.map(\.reader.name.rawValue) == ["moved", "new"])
                #expect(left.first?.usedAt == .at(8))
                #expect(try await store.deleteReader(moved.reader))
                #expect(try await store.deleteReader(moved.reader) == false)
                try await store.sweepReaders(unusedSince: .at(100))
                #expect(try await store.readers(of: .named("t"), ofUser: nil, after: nil, limit: 9).isEmpty)
                let quota = ReaderQuota(maxPerTopic: 1, maxPerUser: 1)
                #expect(try await store.createReader(.of("t", "ann", "old"), within: quota) == .created)
            }
        },
        ContractCase("readers of two namespaces' topics of one name are told apart") { under in
            try await under.withStore { store in
                let topics = [TopicKey.named("t"), .named("t", in: "n1"), .named("t", in: "n2")]
                for key in topics { _ = try await store.createTopic(.of(key)) }
                for (place, key) in topics.enumerated() {
                    let reader = NamedReader(topic: key, user: UserID("ann"), name: .named("r"))
                    let position = ReaderPosition(epoch: 1, id: MessageID(UInt64(place), 0))
                    let stored = StoredReader(reader: reader, position: position, createdAt: .at(0), usedAt: .at(0))
                    #expect(try await store.createReader(stored, within: ReaderQuota()) == .created)
                }
                _ = try await store.deleteTopic(topics[1])
                for (place, key) in topics.enumerated() {
                    let found = try await store.readers(of: key, ofUser: nil, after: nil, limit: 9)
                    #expect(found.map(\.position.id.milliseconds) == (place == 1 ? [] : [UInt64(place)]))
                }
            }
        },
        ContractCase("readers are still there when the store is opened again") { under in
            try await under.withReopening { store in
                _ = try await store.createTopic(.of(.named("t")))
                let reader = StoredReader.of("t", "ann", "r")
                _ = try await store.createReader(reader, within: ReaderQuota())
                _ = try await store.moveReaders([reader.move(to: 3, 7, 1, seconds: 4)])
                return reader
            } after: { store, reader in
                let found = try await store.reader(reader.reader)
                #expect(found?.position == ReaderPosition(epoch: 3, id: MessageID(7, 1)))
                #expect(found?.usedAt == .at(4))
            }
        },
        ContractCase("whatever is done with readers, a store has what a table of them would have") { under in
            for seed in 0..<3 { try await under.walkReaders(seed: UInt64(seed)) }
        },
    ]
}

extension StoreUnderTest {
    /// A random walk over all that changes readers, beside a dictionary.
    fileprivate func walkReaders(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await self.withStore { store in
            var model: [NamedReader: StoredReader] = [:]
            var topics: Set<String> = []
            for step in 0..<250 {
                let topic = ["t", "u"].randomElement(using: &random)!
                let user = ["ann", "bob", "cid"].randomElement(using: &random)!
                let reader = NamedReader.of(topic, user, ["x", "y"].randomElement(using: &random)!)
                let moment = Double(step)
                switch Int.random(in: 0..<20, using: &random) {
                case 0..<4:
                    _ = try await store.createTopic(.of(.named(topic), id: "\(step)"))
                    topics.insert(topic)
                case 4 where step % 3 == 0:
                    _ = try await store.deleteTopic(.named(topic))
                    topics.remove(topic)
                    model = model.filter { $0.key.topic != .named(topic) }
                case 5:
                    let wasThere = model.removeValue(forKey: reader) != nil
                    #expect(try await store.deleteReader(reader) == wasThere)
                case 6 where step % 2 == 0:
                    try await store.sweepReaders(unusedSince: .at(moment - 40))
                    model = model.filter { $0.value.usedAt >= .at(moment - 40) }
                case 7..<13:
                    let made = StoredReader.of(topic, user, reader.name.rawValue, seconds: moment)
                    let outcome = try await store.createReader(made, within: ReaderQuota())
                    if let known = model[reader] {
                        #expect(outcome == .existed(known))
                    } else {
                        #expect(outcome == (topics.contains(topic) ? .created : .topicMissing))
                        if topics.contains(topic) { model[reader] = made }
                    }
                default:
                    let moves = (0..<3).map { _ in
                        ReaderMove(
                            reader: reader,
                            to: ReaderPosition(
                                epoch: UInt64.random(in: 1...2, using: &random),
                                id: MessageID(.random(in: 0...3, using: &random), .random(in: 0...12, using: &random))
                            ),
                            at: .at(moment),
                            isForced: Bool.random(using: &random)
                        )
                    }
                    let positions = moves.map { move in
                        model[reader] = model[reader]?.moved(by: move)
                        return model[reader]?.position
                    }
                    #expect(try await store.moveReaders(moves) == positions)
                }
                #expect(try await store.reader(reader) == model[reader])
            }
            for topic in ["t", "u"] {
                let found = try await store.readers(of: .named(topic), ofUser: nil, after: nil, limit: 99)
                #expect(Set(found) == Set(model.values.filter { $0.reader.topic == .named(topic) }))
            }
        }
    }
}

extension ReaderName {
    static func named(_ text: String) -> ReaderName { ReaderName(text)! }
}

extension NamedReader {
    static func of(_ topic: String, _ user: String, _ name: String) -> NamedReader {
        NamedReader(topic: .named(topic), user: UserID(user), name: .named(name))
    }
}

extension MessageID {
    fileprivate init(_ milliseconds: UInt64, _ sequence: UInt64) {
        self.init(milliseconds: milliseconds, sequence: sequence)
    }
}

extension StoredReader {
    static func of(
        _ topic: String,
        _ user: String,
        _ name: String,
        at position: ReaderPosition = ReaderPosition(epoch: 0, id: .zero),
        seconds: Double = 0
    ) -> StoredReader {
        StoredReader(reader: .of(topic, user, name), position: position, createdAt: .at(seconds), usedAt: .at(seconds))
    }

    fileprivate func move(
        to epoch: UInt64,
        _ ms: UInt64,
        _ seq: UInt64,
        forced: Bool = false,
        seconds: Double = 1
    ) -> ReaderMove {
        ReaderMove(
            reader: self.reader,
            to: ReaderPosition(epoch: epoch, id: MessageID(ms, seq)),
            at: .at(seconds),
            isForced: forced
        )
    }
}
