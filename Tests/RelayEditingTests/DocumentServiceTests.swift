import NIOCore
import RelayCore
import RelayDocuments
import RelayWire
import Testing

@testable import RelayEditing

@Suite("Documents in memory", .timeLimit(.minutes(1)))
struct DocumentServiceTests {
    private let name = DocumentName("notes/1")!

    @Test("First joins at once share one load, and get what was published")
    func sharedLoad() async throws {
        try await EditingStage.run { stage in
            // Together, and so before it is in memory.
            let items = [0, 1].map {
                Broker.Item(key: TopicKey(name: self.name.topicName), draft: .binary(Sample.letter($0)))
            }
            _ = try await stage.broker.publish(items, as: stage.olga)
            let uses = try await withThrowingTaskGroup(of: DocumentUse.self) { tasks in
                for _ in 0..<20 { tasks.addTask { try await stage.open(self.name) } }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(uses.allSatisfy { $0.document === uses[0].document })
            #expect(Set(uses.map(\.connection)).count == 20)
            #expect(stage.documents.loadedCount == 1)
            #expect(stage.documents.connectionCount == 20)
            #expect(uses[0].document.stateVector.encoded() == [1, 1, 2])
        }
    }

    @Test("What is published arrives, and an update says beforehand what of it is new")
    func changes() async throws {
        try await EditingStage.run { stage in
            let use = try await stage.open(self.name)
            #expect(try use.document.news(in: Sample.letter(0).span).addsStructs)
            try await stage.publish(Sample.letter(0), to: self.name)
            try await until("the update is there") { use.document.stateVector.encoded() == [1, 1, 1] }
            #expect(try use.document.news(in: Sample.letter(0).span).isNothing)
            #expect(use.document.difference(against: StateVector()) == Sample.letter(0))
            #expect(use.document.difference(against: use.document.stateVector) == [0, 0])
        }
    }

    @Test("A document is unloaded when it was idle, kept while somebody uses it, and loaded again")
    func unloading() async throws {
        try await EditingStage.run {
            $0.idle = .milliseconds(5)
        } _: { stage in
            var first: DocumentUse? = try await stage.open(self.name)
            var second: DocumentUse? = try await stage.open(self.name)
            try await stage.publish(Sample.letter(0), to: self.name)
            let document = try #require(first).document
            first = nil
            try await Task.sleep(for: .milliseconds(30))
            #expect(document.isInService)
            #expect(second?.document === document)
            second = nil
            try await until("it is unloaded") { stage.documents.loadedCount == 0 }
            #expect(!document.isInService)
            let again = try await stage.open(self.name)
            #expect(again.document.copyForCompaction().log.updates < 25, "the snapshot stands for others")
            #expect(again.document !== document)
            #expect(again.document.stateVector.encoded() == [1, 1, 1])
        }
    }

    @Test("Whoever comes and goes while documents are unloaded gets one that is in service")
    func churn() async throws {
        try await EditingStage.run {
            $0.idle = .microseconds(1)
        } _: { stage in
            try await stage.publish(Sample.letter(0), to: self.name)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        for _ in 0..<100 {
                            let use = try await stage.open(self.name)
                            #expect(use.document.isInService)
                            #expect(use.document.stateVector.encoded() == [1, 1, 1])
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            try await until("all are unloaded") { stage.documents.loadedCount == 0 }
        }
    }

    @Test("A log that is long becomes a snapshot, which is what the next one loads")
    func compaction() async throws {
        try await EditingStage.run {
            $0.compactionUpdates = 10
            $0.idle = .milliseconds(1)
        } _: { stage in
            var use: DocumentUse? = try await stage.open(self.name)
            for number in 0..<25 { try await stage.publish(Sample.letter(UInt8(number)), to: self.name) }
            try await until("a snapshot was stored") { stage.documents.snapshotCounts.stored > 0 }
            try await until("all is there") { use?.document.stateVector.encoded() == [1, 1, 25] }
            #expect(stage.documents.snapshotCounts.failed == 0)
            use = nil
            try await until("it is unloaded") { stage.documents.loadedCount == 0 }
            let again = try await stage.open(self.name)
            let whole = try DocumentState((0..<25).map { Sample.letter(UInt8($0)) }).compacted()
            var content = DocumentState()
            _ = try content.apply(again.document.difference(against: StateVector()))
            #expect(try content.compacted().bytes == whole.bytes)
        }
    }

    @Test("A document that is too large takes deletions still, and says so of all else")
    func verdicts() async throws {
        try await EditingStage.run {
            $0.maxBytes = Sample.letter(0).count + Sample.letter(1).count
        } _: { stage in
            let use = try await stage.open(self.name)
            #expect(try use.document.verdict(on: Sample.letter(0).span) == .whole)
            try await stage.publish(Sample.letter(0), to: self.name)
            try await until("the update is there") { use.document.stateVector.encoded() == [1, 1, 1] }
            #expect(try use.document.verdict(on: Sample.letter(0).span) == .known)
            try await stage.publish(Sample.letter(1), to: self.name)
            try await until("the update is there") { use.document.stateVector.encoded() == [1, 1, 2] }
            #expect(try use.document.verdict(on: Sample.letter(2).span) == .full)
            #expect(try use.document.verdict(on: [0, 1, 1, 1, 0, 1].span) == .whole)
            #expect(throws: DocumentError.truncated) { try use.document.verdict(on: [1].span) }
        }
    }

    @Test("As many documents and connections as may be, and no more")
    func limits() async throws {
        try await EditingStage.run {
            $0.maxLoaded = 2
            $0.maxConnections = 2
            $0.idle = .milliseconds(1)
        } _: { stage in
            var held = [try await stage.open(self.name), try await stage.open(self.name)]
            await #expect(throws: DocumentRefusal.tooManyConnections) { _ = try await stage.open(self.name) }
            held.append(try await stage.open(DocumentName("b")!))
            await #expect(throws: DocumentRefusal.tooManyDocuments) { _ = try await stage.open(DocumentName("c")!) }
            held.removeFirst()
            held.append(try await stage.open(self.name))
            #expect(stage.documents.connectionCount == 3)
            held = []
            try await until("there is room") { stage.documents.loadedCount == 0 }
            _ = try await stage.open(DocumentName("c")!)
        }
    }

    @Test("Who is not heard of for half a minute is gone, and all are told")
    func presence() async throws {
        try await EditingStage.run { stage in
            let use = try await stage.open(self.name)
            let update = AwarenessUpdate([AwarenessEntry(client: 7, clock: 1, state: Array("{}".utf8))])
            let early = use.document.receive(update, from: use.connection, user: "olga", at: stage.clock.uptime)
            #expect(
                early.answer == [AwarenessEntry(client: 7, clock: 1, state: nil)],
                "it is asked to say it once more"
            )
            stage.clock.pass(.seconds(61))
            let again = AwarenessUpdate([AwarenessEntry(client: 7, clock: 2, state: Array("{}".utf8))])
            let outcome = use.document.receive(again, from: use.connection, user: "olga", at: stage.clock.uptime)
            #expect(outcome.broadcast == again.entries)
            stage.clock.pass(.seconds(29))
            stage.documents.timePassed()
            #expect(use.document.present == again.entries)
            stage.clock.pass(.seconds(2))
            stage.documents.timePassed()
            #expect(use.document.present.isEmpty)
        }
    }

    @Test("One user has a share of a document's places, and each address without a token too")
    func shares() async throws {
        try await EditingStage.run {
            $0.maxConnections = 6
            $0.maxConnectionsPerUser = 2
        } _: { stage in
            var held = [try await stage.open(self.name), try await stage.open(self.name)]
            await #expect(throws: DocumentRefusal.tooManyOfUser) { _ = try await stage.open(self.name) }
            _ = try await stage.broker.updateTopic(
                TopicKey(name: self.name.topicName),
                TopicChanges(anonymous: .read),
                as: stage.olga
            )
            func stranger(_ address: String) async throws -> DocumentUse {
                try await stage.documents.open(self.name, on: stage.loop, as: .anonymous, from: address)
            }
            held += [try await stranger("1.1.1.1"), try await stranger("1.1.1.1")]
            await #expect(throws: DocumentRefusal.tooManyOfUser) { _ = try await stranger("1.1.1.1") }
            held.append(try await stranger("2.2.2.2"))
            // The relay looks into documents for all.
            held.append(try await stage.open(self.name, as: .relay))
            await #expect(throws: DocumentRefusal.tooManyConnections) { _ = try await stranger("3.3.3.3") }
            held.removeFirst()
            held.append(try await stage.open(self.name))
            #expect(stage.documents.connectionCount == 6)
        }
    }

    @Test("A document that another relay has made anew is known not to be the one that is stored")
    func madeAnew() async throws {
        try await EditingStage.run { stage in
            try await stage.publish(Sample.letter(0), to: self.name)
            let use = try await stage.open(self.name)
            #expect(try await stage.documents.isStored(use.document))
            try await stage.makeAnewElsewhere(self.name)
            #expect(use.document.isInService, "there is no news of it")
            #expect(try await !stage.documents.isStored(use.document))
            let again = try await stage.open(self.name)
            #expect(again.document !== use.document)
            #expect(again.document.stateVector.isEmpty)
            #expect(try await stage.documents.isStored(again.document))
        }
    }

    @Test("Who may not write makes no document, and strangers are kept out of others'")
    func access() async throws {
        try await EditingStage.run { stage in
            let reader = Principal.user("rita", [.read])
            await #expect(throws: DocumentRefusal.broker(.missing)) { _ = try await stage.open(self.name, as: reader) }
            _ = try await stage.open(self.name)
            await #expect(throws: DocumentRefusal.broker(.denied)) {
                _ = try await stage.open(self.name, as: .user("sven"))
            }
        }
    }

    @Test("Once nobody works on documents any more, nobody waits for one")
    func stopped() async throws {
        try await EditingStage.run { stage in
            let use = try await stage.open(self.name)
            stage.documents.stopped()
            #expect(!use.document.isInService)
            await #expect(throws: DocumentRefusal.broker(.overloaded)) { _ = try await stage.open(DocumentName("b")!) }
            #expect(stage.documents.loadedCount == 0)
        }
    }
}
