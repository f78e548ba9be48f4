import Foundation
import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

@Suite("Lists whose client has left", .timeLimit(.minutes(1)))
struct DepartedClientTests {
    enum List: CaseIterable {
        case topics, users, grants

        var path: String {
            switch self {
            case .topics: "/api/v1/topics"
            case .users: "/auth/users"
            case .grants: "/api/v1/topics/t0/permissions"
            }
        }

        /// Whether the client leaves while this is read.
        func isHeld(_ look: WatchedStore.Look) -> Bool {
            switch (self, look) {
            case (.topics, .topicList), (.users, .userList), (.grants, .user): true
            default: false
            }
        }
    }

    /// So many topics that a list of them takes two reads, and users who were granted one of them.
    private static func fill(_ relay: TestRelay, by admin: String) async throws {
        for start in stride(from: 0, to: 300, by: 100) {
            let messages = (start..<(start + 100)).map { ["topic": "t\($0)", "payload": [:]] as [String: Any] }
            let body = ["messages": messages]
            let reply = try await relay.send(.POST, "/api/v1/messages/bulk", token: admin, json: body)
            try #require(reply.status == 207)
        }
        for name in ["ada", "bob"] {
            _ = try await relay.makeUser(name, by: admin)
            let path = "/api/v1/topics/t0/permissions"
            let reply = try await relay.send(.POST, path, token: admin, json: ["username": name])
            try #require(reply.status == 201)
        }
    }

    @Test("nothing more is read for them", arguments: List.allCases)
    func departed(list: List) async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        configuration.quotas.maxLists = 1
        try await withRelay(over: store, configuration) { relay, _ in
            let admin = try await relay.administratorToken
            try await Self.fill(relay, by: admin)
            let before = store.looks.count
            let (arrivals, arrival) = AsyncStream<WatchedStore.Look>.makeStream()
            let (ends, end) = AsyncStream<Void>.makeStream()
            store.beforeLooks { look in
                guard list.isHeld(look) else { return }
                store.beforeLooks(nil)
                arrival.yield(look)
                for await _ in ends {}
            }
            let connection = try await RawConnection.open(relay.port)
            connection.request("GET", list.path, token: admin)
            _ = await arrivals.first { _ in true }
            let read = store.looks.dropFirst(before)
            try await connection.breakOff()
            // The relay has one loop: once it has answered others, it has seen that the client is gone.
            for _ in 0..<2 { #expect(try await relay.send(.GET, "/health").status == 200) }
            end.finish()
            // There is room for another list when this one has ended.
            let next = "/api/v1/topics?cursor=z"
            while try await relay.send(.GET, next, token: admin).status != 200 { try Task.checkCancellation() }
            #expect(Array(store.looks.dropFirst(before)) == read + [.topicList])
        }
    }

    @Test(
        "who ends its side is asked whether it is there: who waits gets the list, and for who has left no more is read"
    )
    func asked() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, _ in
            let admin = try await relay.administratorToken
            try await Self.fill(relay, by: admin)
            let before = store.looks.count
            let (arrivals, arrival) = AsyncStream<WatchedStore.Look>.makeStream()
            let (ends, end) = AsyncStream<Void>.makeStream()
            store.beforeLooks { look in
                guard look == .topicList else { return }
                arrival.yield(look)
                for await _ in ends {}
            }
            var looks = arrivals.makeAsyncIterator()
            let gone = try await RawConnection.open(relay.port)
            gone.request("GET", "/api/v1/topics", token: admin)
            _ = await looks.next()
            gone.disconnect()
            let waiting = try await RawConnection.open(relay.port)
            waiting.request("GET", "/api/v1/topics", token: admin)
            _ = await looks.next()
            try await waiting.endInput()
            var reply = await waiting.reply()
            #expect(reply?.status == 100)
            // The relay has one loop: once it has answered others, it has seen that the first client is gone.
            for _ in 0..<2 { #expect(try await relay.send(.GET, "/health").status == 200) }
            end.finish()
            while reply?.status == 100 { reply = await waiting.reply() }
            #expect(reply?.status == 200)
            #expect(Array(store.looks.dropFirst(before)) == [.topicList, .topicList, .topicList])
        }
    }

    @Test("as many lists are made at a time as the setting says, and the next is refused")
    func bound() async throws {
        let store = WatchedStore()
        var configuration = RelayConfiguration.forTests
        configuration.quotas.maxLists = 2
        try await withRelay(over: store, configuration) { relay, _ in
            let admin = try await relay.administratorToken
            let (arrivals, arrival) = AsyncStream<WatchedStore.Look>.makeStream()
            let (ends, end) = AsyncStream<Void>.makeStream()
            store.beforeLooks { look in
                guard look == .topicList else { return }
                arrival.yield(look)
                for await _ in ends {}
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                var looks = arrivals.makeAsyncIterator()
                for _ in 0..<2 {
                    group.addTask { try await relay.send(.GET, "/api/v1/topics", token: admin).status }
                    _ = await looks.next()
                }
                let refused = try await relay.send(.GET, "/api/v1/topics", token: admin)
                #expect(refused.status == 503 && refused.detail == "Server is overloaded, try again later")
                end.finish()
                for try await status in group { #expect(status == 200) }
            }
        }
    }
}
