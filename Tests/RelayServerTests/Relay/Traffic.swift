import Foundation
import RelayWire
import SeededRandom
import Synchronization
import Testing

/// Publishers, and readers that come and go, on a few topics of one relay. Each publisher and each reader draws its
/// own numbers from the seed.
///
/// Every topic ends with a message `{"last": true}`, after which its readers wait for no more.
struct Traffic: Sendable {
    static let topics = ["alpha", "beta", "gamma"]
    static let publishesPerWriter = 40

    let relay: TestRelay
    let token: String
    let seed: UInt64
    let ledger = Ledger()

    /// Every message that was acknowledged, by topic.
    final class Ledger: Sendable {
        private let ids = Mutex<[String: [MessageID]]>([:])

        func add(_ id: String?, _ topic: String) throws {
            let id = try #require(id.flatMap { MessageID($0) })
            self.ids.withLock { $0[topic, default: []].append(id) }
        }

        /// In the one order that all must see.
        var sorted: [String: [MessageID]] { self.ids.withLock { $0.mapValues { $0.sorted() } } }
    }

    /// What one reader has got.
    struct Received {
        private(set) var ids: [String: [MessageID]] = [:]
        private(set) var cursors: [String: String] = [:]
        private var ended: Set<String> = []

        var isComplete: Bool { self.ended.count == Traffic.topics.count }

        mutating func add(_ message: [String: Any]) throws {
            let topic = try #require(message["topic"] as? String)
            let text = try #require(message["message_id"] as? String)
            self.ids[topic, default: []].append(try #require(MessageID(text)))
            self.cursors[topic] = text
            if (message["payload"] as? [String: Any])?["last"] != nil { self.ended.insert(topic) }
        }
    }

    typealias Reader = @Sendable (Traffic, inout SeededGenerator) async throws -> Received

    /// Runs all of it to the end, and compares what each reader got with what was acknowledged.
    func run() async throws {
        try await withThrowingTaskGroup(of: (String, Received).self) { group in
            for (index, (name, reader)) in Self.readers.enumerated() {
                group.addTask {
                    var random = SeededGenerator(seed: self.seed &* 1_000 &+ UInt64(index))
                    return ("\(name) \(index)", try await reader(self, &random))
                }
            }
            try await self.publish()
            let expected = self.ledger.sorted
            for try await (name, received) in group {
                for topic in Self.topics {
                    #expect(received.ids[topic] == expected[topic], "\(name), \(topic), seed \(self.seed)")
                }
            }
        }
    }

    private static let readers: [(String, Reader)] = [
        ("poller", { try await $0.poll(&$1) }), ("poller", { try await $0.poll(&$1) }),
        ("web socket", { try await $0.readWebSocket(&$1) }), ("web socket", { try await $0.readWebSocket(&$1) }),
        ("event stream", { try await $0.readEvents(&$1) }), ("event stream", { try await $0.readEvents(&$1) }),
    ]
}
