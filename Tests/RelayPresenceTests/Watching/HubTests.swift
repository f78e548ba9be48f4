import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayPresence

@Suite("How a loop keeps up with who is there", .timeLimit(.minutes(1)))
struct HubTests {
    private static let part = PresenceTopic.key(of: PresenceStage.news)

    /// Two relays: members come to the first, and are watched at the second.
    private struct Pair {
        let a: StageRelay
        let b: StageRelay
        let member: StageClient

        init(_ stage: PresenceStage) async throws {
            (self.a, self.b) = (try await stage.relay(), try await stage.relay())
            try await stage.makeTopic(at: self.a)
            self.member = try await StageClient("member", at: self.a, watches: false)
            try await self.member.join("1")
        }

        func front() throws -> ServerFront { try #require(self.b.front) }
    }

    @Test("however many watch, what their loop was too slow for is read from the store once")
    func outrun() async throws {
        try await PresenceStage.run { stage in
            var stage = stage
            stage.limits.hotMessagesPerTopic = 8
            let pair = try await Pair(stage)
            let front = try pair.front()
            let watchers = try await Self.watchers(60, at: pair.b)
            let before = front.reads(of: Self.part)
            // More at once than memory keeps, again and again.
            for number in 0..<20 {
                let words = (0..<30).map { member in
                    PresenceMember.named("m\(member)", "\(number)", at: pair.a.service.relay)
                }
                try await Self.say(words, at: pair.a)
            }
            let all = (["member"] + (0..<30).map { "m\($0)" }).sorted()
            for watcher in watchers {
                try await until("\(watcher.name) knows all") {
                    let view = try await watcher.view
                    return view.keys.map(\.rawValue).sorted() == all
                        && view[.named("m0")]?.data == ByteBuffer(string: "19")
                }
            }
            #expect(front.reads(of: Self.part) - before < 30, "each watcher would have read for itself")
        }
    }

    private static func watchers(_ count: Int, at relay: StageRelay) async throws -> [StageClient] {
        var watchers: [StageClient] = []
        for number in 0..<count { watchers.append(try await StageClient("w\(number)", .greta, at: relay)) }
        for watcher in watchers {
            try await until("\(watcher.name) is shown all") { try await watcher.names == ["member"] }
        }
        return watchers
    }

    private static func say(_ members: [PresenceMember], at relay: StageRelay) async throws {
        let record = try await relay.broker.storedTopic(PresenceStage.news, for: .read, as: .olga).record
        let drafts = members.map { PresenceWord.here($0, topic: record.id).draft(at: .at(0)) }
        try await relay.broker.announce(drafts, to: Self.part)
    }

    @Test("a watcher that has come while others wait for each other misses nothing of before")
    func comingFurtherOn() async throws {
        try await PresenceStage.run { stage in
            var stage = stage
            stage.limits.hotMessagesPerTopic = 4
            let pair = try await Pair(stage)
            // So many readers that what comes close together waits for some time.
            let watchers = try await Self.watchers(200, at: pair.b)
            let relay = pair.a.service.relay
            var all = 1
            for round in 0..<4 {
                let names = (0..<8).map { PresenceMember.named("r\(round)-\($0)", at: relay) }
                all += names.count
                // The loop is busy from here on.
                try await Self.say(Array(names[0..<2]), at: pair.a)
                try await until("they are told") { try await watchers[0].names.count == all - 6 }
                try await Self.say(Array(names[2..<5]), at: pair.a)
                let tail = stage.server.bounds(of: Self.part).last
                try await until("the relay has heard") { pair.b.broker.residentTopic(Self.part)?.bounds.last == tail }
                let late = try await StageClient("late\(round)", .greta, at: pair.b)
                // What came before it is not in memory any more, and what comes after it is.
                try await Self.say(Array(names[5..<8]), at: pair.a)
                for client in [late, watchers[0]] {
                    try await until("\(client.name) knows all") { try await client.names.count == all }
                }
            }
        }
    }

    @Test("a loop whose reader the store has failed goes on: who watches stays, and is told what comes")
    func failedPage() async throws {
        try await PresenceStage.run { stage in
            var stage = stage
            stage.limits.hotMessagesPerTopic = 4
            let pair = try await Pair(stage)
            let front = try pair.front()
            let watcher = try #require(try await Self.watchers(1, at: pair.b).first)
            front.answerNext(ofBeginning: false, by: .failure(StoreError(.unavailable, "a page is lost")))
            let relay = pair.a.service.relay
            try await Self.say((0..<20).map { .named("m\($0)", at: relay) }, at: pair.a)
            try await until("it knows all") { try await watcher.names.count == 21 }
            #expect(try await watcher.ends.isEmpty)
            _ = try await pair.member.update("2")
            try await until("it is told") {
                try await watcher.view[.named("member")]?.data == ByteBuffer(string: "2")
            }
        }
    }

    @Test("a loop that was answered from an older history once does not stay there")
    func olderHistory() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let front = try pair.front()
            let watcher = try #require(try await Self.watchers(1, at: pair.b).first)
            let older = stage.server.bounds(of: Self.part)
            front.answerNext(
                ofBeginning: true,
                by: .success(StoredPage(messages: [], hasMore: false, bounds: older))
            )
            try await stage.server.lose(Self.part)
            try await pair.a.broker.checkPosition(of: Self.part)
            try await pair.a.check()
            try await until("the older one is shown") { try await watcher.names.isEmpty }
            _ = try await pair.member.update("2")
            try await until("it knows of the other one") {
                try await pair.b.check()
                return try await watcher.view[.named("member")]?.data == ByteBuffer(string: "2")
            }
        }
    }
}
