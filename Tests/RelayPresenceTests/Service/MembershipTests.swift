import NIOCore
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayPresence

@Suite("Members and watchers at one relay", .timeLimit(.minutes(1)))
struct MembershipTests {
    @Test("who watches is shown all, then what changes, and who asks the store sees what was answered")
    func oneByOne() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay(loops: 2)
            try await stage.makeTopic(at: relay)
            let olga = try await StageClient("o", at: relay)
            let first = try await olga.join("1")
            #expect(first.joinedAt == .at(0) && first.data == ByteBuffer(string: "1") && first.username == "olga")
            #expect(try await stage.stored(at: relay) == ["o"])
            let greta = try await StageClient("g", .greta, at: relay, loop: 1)
            try await until("she is shown all") { try await greta.told == ["sync o"] }
            stage.clock.pass(seconds: 9)
            let second = try await olga.update("2")
            #expect(second.joinedAt == .at(0) && second.lastSeen == .at(9))
            try await greta.join()
            try await olga.leave()
            try await until("all is told") { try await greta.names == ["g"] }
            try await until("all is told") { try await olga.names == ["g"] }
            #expect(try await greta.told == ["sync o", "update o 2", "join g", "leave o 2"])
            #expect(try await greta.counts == PresenceCounts(users: 1, connections: 1))
            #expect(try await stage.stored(at: relay) == ["g"])
            #expect(try await greta.roster == ["g"])
        }
    }

    @Test("who joins again keeps the moment at which it joined, also where the clock was set back")
    func joiningAgain() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let olga = try await StageClient("o", at: relay)
            try await olga.join("1")
            stage.clock.set(.at(-500))
            let again = try await olga.join("2")
            #expect(again.joinedAt == .at(0) && again.lastSeen == .at(0))
            try await until("it is told") { try await olga.view[.named("o")] == again }
            #expect(try await olga.told.filter { $0.hasPrefix("join") }.count <= 1)
        }
    }

    @Test("a connection that is gone has left, whatever it had under way")
    func closing() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let watcher = try await StageClient("w", at: relay)
            for number in 0..<20 {
                let client = try await StageClient("c\(number)", at: relay, watches: false)
                async let joining = client.join()
                if number % 2 == 0 { _ = try? await joining }
                try await client.close()
                _ = try? await joining
            }
            try await until("all have left") { try await stage.stored(at: relay).isEmpty }
            try await until("it is told") { try await watcher.names.isEmpty }
            try await until("nothing is held") { relay.service.figures.members == 0 }
            #expect(relay.service.figures.topics == 0 && relay.service.figures.bytes == 0)
        }
    }

    @Test("who changes or leaves without being a member is told so")
    func noMember() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let olga = try await StageClient("o", at: relay)
            await #expect(throws: PresenceFailure.self) { _ = try await olga.update("1") }
            #expect(try await olga.leave() == nil)
            try await olga.join("1")
            #expect(try await olga.leave()?.data == ByteBuffer(string: "1"))
            #expect(try await !olga.isMember)
            await #expect(throws: PresenceFailure.self) { _ = try await olga.update("2") }
        }
    }

    @Test("who may not read a topic any more is not shown there, nor shown anything")
    func accessLost() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay, isPublic: false)
            _ = try await relay.broker.grant(Principal.greta.id, on: PresenceStage.news, as: .olga)
            let (olga, greta) = (
                try await StageClient("o", at: relay), try await StageClient("g", .greta, at: relay)
            )
            try await greta.join("\"secret\"")
            try await until("she is there") { try await olga.names == ["g"] }
            _ = try await relay.broker.revokeGrant(of: Principal.greta.id, on: PresenceStage.news, as: .olga)
            try await until("she is gone") { try await olga.names.isEmpty }
            #expect(try await greta.ends == [.accessLost])
            #expect(try await stage.stored(at: relay).isEmpty)
            try await olga.join("later")
            #expect(try await greta.names == ["g"])
            await #expect(throws: (any Error).self) { _ = try await StageClient("g2", .greta, at: relay) }
            await #expect(throws: PresenceFailure.self) {
                _ = try await relay.service.roster(of: PresenceStage.news, as: .greta)
            }
        }
    }

    @Test("a user who is disabled, or logs out, has left")
    func userGone() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let (olga, greta) = (
                try await StageClient("o", at: relay), try await StageClient("g", .greta, at: relay)
            )
            try await greta.join()
            try await greta.become(nil)
            try await until("she is gone") { try await olga.told.contains("leave g") }
            #expect(try await greta.ends == [.accessLost])
        }
    }

    @Test("a topic that does not exist is made by who joins, if that user may, and by nobody else")
    func missingTopic() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            let reader = try await StageClient("r", .user("rita", [.read]), at: relay)
            await #expect(throws: PresenceFailure.self) { try await reader.join() }
            #expect(try await !reader.isMember)
            let olga = try await StageClient("o", at: relay)
            let (greta, other) = (
                try await StageClient("g", .greta, at: relay), try await StageClient("o2", at: relay)
            )
            async let first = olga.join("1")
            async let second = olga.update("2")
            _ = try await (first, second)
            try await other.join()
            try await until("who is there is told") { try await other.names == ["o", "o2"] }
            // It is olga's alone.
            #expect(try await greta.ends == [.accessLost])
            await #expect(throws: PresenceFailure.self) { try await greta.join() }
        }
    }

    @Test("what waits for a topic to be made is held once, charged, and given back")
    func waitingForTopic() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.relay()
            let olga = try await StageClient("o", at: relay)
            let text = "\"\(String(repeating: "x", count: 8_000))\""
            // Nobody makes it before all have asked.
            relay.front?.setHoldingCreations(true)
            let answers = try await withThrowingTaskGroup(of: PresenceMember.self) { tasks in
                for number in 0..<10 {
                    tasks.addTask { try await olga.join(number < 9 ? text : "9") }
                    try await until("it waits") { try await olga.asked == number + 1 }
                }
                #expect(relay.memory.bytes(in: .presence) == text.utf8.count)
                relay.front?.setHoldingCreations(false)
                return try await tasks.reduce(into: [PresenceMember]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.data == ByteBuffer(string: "9") } && answers.count == 10)
            #expect(relay.service.figures.writes == 1)
            try await olga.leave()
            try await until("nobody is there") { relay.service.figures.members == 0 }
            #expect(relay.memory.bytes(in: .presence) < text.utf8.count)
        }
    }

    @Test("with a topic goes who was there; the next one of its name begins empty")
    func deletion() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay(loops: 2)
            try await stage.makeTopic(at: relay)
            let (olga, greta) = (
                try await StageClient("o", at: relay), try await StageClient("g", .greta, at: relay, loop: 1)
            )
            try await olga.join()
            try await greta.join()
            try await relay.broker.deleteTopic(PresenceStage.news, as: .olga)
            try await until("they are told") { try await greta.ends == [.topicDeleted] }
            try await until("they are told") { try await olga.ends == [.topicDeleted] }
            try await until("nothing is held") { relay.service.figures.topics == 0 }
            await #expect(throws: PresenceFailure.self) { _ = try await stage.stored(at: relay) }
            try await stage.makeTopic(at: relay)
            let late = try await StageClient("l", at: relay)
            try await late.join()
            try await until("it is alone") { try await late.names == ["l"] }
            #expect(try await stage.stored(at: relay) == ["l"])
        }
    }

    @Test("bounds hold: data, topics of a connection, members of a user and of a topic")
    func bounds() async throws {
        try await PresenceStage.run {
            ($0.maxDataBytes, $0.maxTopicsPerConnection, $0.maxMembersPerUser, $0.maxMembersPerTopic) = (4, 1, 3, 2)
        } _: { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let clients = [
                try await StageClient("a", at: relay), try await StageClient("b", .greta, at: relay),
                try await StageClient("c", .sven, at: relay),
            ]
            await #expect(throws: PresenceFailure.self) { try await clients[0].join("12345") }
            #expect(try await !clients[0].isMember)
            try await clients[0].join("1234")
            await #expect(throws: PresenceFailure.self) { _ = try await clients[0].update("12345") }
            try await clients[1].join()
            await #expect(throws: PresenceFailure.self) { try await clients[2].join() }
            try await clients[1].leave()
            try await until("there is room") { try await clients[2].names == ["a"] }
            try await clients[2].join()
            #expect(try await stage.stored(at: relay) == ["a", "c"])
        }
    }

    @Test("a user has no more members than may be, on all topics together, and may come back once one has left")
    func boundOfUser() async throws {
        try await PresenceStage.run {
            $0.maxMembersPerUser = 2
        } _: { stage in
            let relay = try await stage.lonelyRelay()
            var clients: [StageClient] = []
            for name in ["a", "b", "c"] {
                let topic = TopicKey(name: TopicName(path: name))
                clients.append(try await StageClient(name, at: relay, on: topic))
            }
            try await clients[0].join()
            try await clients[1].join()
            await #expect(throws: PresenceFailure.self) { try await clients[2].join() }
            try await clients[1].join("again")
            try await clients[0].leave()
            try await until("it has left") { relay.service.figures.members == 1 }
            try await clients[2].join()
            #expect(relay.memory.bytes(in: .presence) > 0)
            for client in clients { try await client.close() }
            try await until("nothing is held") { relay.service.figures.bytes == 0 }
        }
    }

    @Test("a connection that becomes another user's counts for that one, and for no other any more")
    func becomesAnother() async throws {
        try await PresenceStage.run {
            $0.maxMembersPerUser = 1
        } _: { stage in
            let relay = try await stage.relay()
            try await stage.makeTopic(at: relay)
            let record = try await relay.broker.storedTopic(PresenceStage.news, for: .read, as: .olga).record
            let name = PresenceRoom.Name(topic: PresenceStage.news, id: record.id)
            func put(_ user: Principal) async -> Bool {
                await withCheckedContinuation { done in
                    let wish = PresenceService.Wish(
                        connection: .named("one"),
                        user: user.id,
                        username: user.username,
                        data: nil
                    )
                    let failure = relay.service.put(wish, in: name) { result in
                        done.resume(returning: (try? result.get()) != nil)
                    }
                    if failure != nil { done.resume(returning: false) }
                }
            }
            #expect(await put(.greta))
            // Its leave can't be written before it is another's.
            relay.front?.refuse(PresenceTopic.key(of: PresenceStage.news))
            _ = relay.service.remove(.named("one"), from: name)
            async let second = put(.sven)
            try await until("it counts for the other one") {
                relay.service.registry.withLock { $0.users } == [Principal.sven.id: 1]
            }
            relay.front?.refuse(PresenceTopic.key(of: PresenceStage.news), false)
            _ = await second
            _ = relay.service.remove(.named("one"), from: name)
            try await until("nobody counts") { relay.service.registry.withLock { $0.users.isEmpty } }
        }
    }

    @Test("members of a full topic may say less, and no burst gets beyond what a topic may hold")
    func fullTopic() async throws {
        try await PresenceStage.run {
            $0.maxBytesPerTopic = 4_000
        } _: { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let text = "\"\(String(repeating: "x", count: 1_000))\""
            var clients: [StageClient] = []
            for number in 0..<8 { clients.append(try await StageClient("c\(number)", at: relay)) }
            // All at once: what the loop knows is older.
            let joined = await withTaskGroup(of: StageClient?.self) { tasks in
                for client in clients { tasks.addTask { (try? await client.join(text)) == nil ? nil : client } }
                return await tasks.reduce(into: [StageClient]()) { if let client = $1 { $0.append(client) } }
            }
            #expect(joined.count == 3)
            let member = try #require(joined.first)
            try await until("it is told") { try await member.names.count == 3 }
            let longer = text + String(repeating: " ", count: 900)
            await #expect(throws: PresenceFailure.self) { _ = try await member.update(longer) }
            #expect(try await member.update("1").data == ByteBuffer(string: "1"))
            #expect(relay.service.figures.bytes <= 4_000)
            // What it says no more is another's to say.
            let late = try #require(clients.first { client in !joined.contains { $0 === client } })
            let half = "\"\(String(repeating: "x", count: 500))\""
            try await until("there is room") { (try? await late.join(half)) != nil }
            try await until("no more is held than is said") { relay.service.figures.bytes < 4_000 }
            for client in clients { try await client.close() }
            try await until("nothing is held") { relay.service.figures.bytes == 0 }
        }
    }

    @Test("who stops watching hears nothing, and who begins again is shown all")
    func watching() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let (olga, greta) = (
                try await StageClient("o", at: relay), try await StageClient("g", .greta, at: relay)
            )
            try await olga.join("1")
            try await until("it is told") { try await greta.names == ["o"] }
            try await greta.watch(false)
            _ = try await olga.update("2")
            try await until("others hear it") { try await olga.told.contains("update o 2") }
            #expect(try await !greta.told.contains("update o 2"))
            try await greta.watch(true)
            #expect(try await greta.told.last == "sync o")
        }
    }

    @Test("a client that takes nothing for a while is told the difference at once, or all where that is less")
    func slow() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let (olga, greta) = (
                try await StageClient("o", at: relay), try await StageClient("g", .greta, at: relay)
            )
            try await olga.join("0")
            try await until("it is told") { try await greta.names == ["o"] }
            try await greta.stall(true)
            for number in 1...30 { _ = try await olga.update("\(number)") }
            let brief = try await StageClient("b", at: relay)
            try await brief.join()
            try await brief.close()
            try await until("others know") {
                let view = try await olga.view
                return view.count == 1 && view[.named("o")]?.data == ByteBuffer(string: "30")
            }
            try await greta.stall(false)
            #expect(try await greta.told.suffix(1) == ["update o 30"])
            try await greta.stall(true)
            for number in 0..<200 {
                let client = try await StageClient("many\(number)", at: relay, watches: false)
                try await client.join(String(repeating: "1", count: 200))
                try await client.close()
            }
            try await until("they have left") { try await stage.stored(at: relay) == ["o"] }
            try await until("others know") { try await olga.names == ["o"] }
            try await greta.stall(false)
            #expect(try await greta.names == ["o"])
        }
    }

    @Test("a poll goes on from its cursor with what has changed, and with all where that is not known")
    func cursors() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay(loops: 2)
            try await stage.makeTopic(at: relay)
            let olga = try await StageClient("o", at: relay)
            try await olga.join("1")
            try await until("it is told") { try await olga.names == ["o"] }
            let cursor = try #require(try await olga.cursor)
            _ = try await olga.update("2")
            try await until("it is told") { try await olga.told.last == "update o 2" }
            let poll = try await StageClient("p", at: relay, since: cursor)
            try await until("it is told") { try await poll.told == ["update o 2"] }
            let waiting = try await StageClient("q", at: relay, since: try await poll.cursor)
            _ = try await olga.update("3")
            try await until("it is told") { try await waiting.told == ["update o 3"] }
            // A loop that has not seen it, a history that is none, and a cursor that is none.
            for cursor in [cursor, .inEpoch(7, after: cursor.id), .after(cursor.id), .oldest] {
                let other = try await StageClient("r", at: relay, loop: 1, since: cursor)
                try await until("it is told") { try await other.told == ["sync o"] }
            }
        }
    }

    @Test("a relay that stops takes its members off at once, and lets nobody on")
    func stopping() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let clients = [try await StageClient("a", at: relay), try await StageClient("b", .greta, at: relay)]
            for client in clients { try await client.join() }
            relay.service.leaveAll()
            await withCheckedContinuation { done in relay.service.whenAllHaveLeft { done.resume() } }
            #expect(try await stage.stored(at: relay).isEmpty)
            await #expect(throws: PresenceFailure.self) { try await clients[0].join() }
        }
    }
}
