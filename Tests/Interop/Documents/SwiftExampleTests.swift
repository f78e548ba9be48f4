import Foundation
import ProgramFixture
import RelayClient
import Testing

/// The examples of `RelayClient`'s documentation. What stands here is what stands there: see the first test.
@Suite("The examples of RelayClient's documentation", .timeLimit(.minutes(2)))
struct SwiftExampleTests {
    @Test("Each example is compiled here", arguments: ["GettingStarted", "Resuming"])
    func compiled(article: String) throws {
        let document = try MarkdownDocument(reading: "Sources/RelayClient/RelayClient.docc/\(article).md")
        let here = Self.lines(try String(contentsOf: URL(filePath: #filePath), encoding: .utf8))
        for block in document.blocks where block.language == "swift" {
            #expect(here.contains(Self.lines(block.text)), "\(article).md:\(block.line)")
        }
    }

    /// Without indentation.
    private static func lines(_ text: String) -> String {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
    }

    @Test("Each example does what it says against a relay")
    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-swift-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let relay = try await RelayUnderTest.start([:], in: folder)
        let result: Result<Void, any Error>
        do {
            let client = try await Self.gettingStarted(url: relay.url, password: RelayUnderTest.password)
            result = .success(try await Self.resume(client))
        } catch {
            result = .failure(error)
        }
        try await relay.stop()
        try result.get()
    }

    private static func gettingStarted(url: String, password: String) async throws -> RelayClient {
        let client = RelayClient(
            endpoint: try RelayEndpoint(url),
            credentials: .password(username: "admin", password: password)
        )

        let receipt = try await client.publish("news", ["text": "hello", "n": 1])
        print(receipt.messageID ?? "on its way to the store")

        try await client.publishBulk(
            (2...10).map { OutgoingMessage(topic: "news", payload: ["n": .number(JSONNumber($0))]) }
        )

        for try await event in try client.subscribe(SubscriptionOptions(topics: ["news"], start: .earliest)) {
            if case .message(let message) = event {
                print(message.messageID, message.payload)
                if message.payload["n"] == 10 { break }
            }
        }

        let page = try await client.history("news", limit: 5, order: .newestFirst)
        print(page.messages.count, page.nextCursor ?? "the end")
        #expect(page.messages.count == 5)
        return client
    }

    private struct Enough: Error {}

    /// Reads four of the ten messages, then the rest in a second run.
    private static func resume(_ client: RelayClient) async throws {
        var seen: [JSONDocument?] = []
        var kept: [String: String] = [:]
        for limit in [4, 10] {
            do {
                try await Self.follow(client, saved: kept) { message in
                    seen.append(message.payload["n"])
                } save: { cursors in
                    kept = cursors
                    if seen.count == limit { throw Enough() }
                }
            } catch is Enough {
                #expect(seen.count == limit)
            }
        }
        #expect(seen == (1...10).map { .number(JSONNumber($0)) })
    }

    private static func follow(
        _ client: RelayClient,
        saved: [String: String],
        handle: (RelayMessage) throws -> Void,
        save: ([String: String]) throws -> Void
    ) async throws {
        func report(_ gap: MessageGap) { Issue.record("a gap after \(gap.after)") }

        var table = CursorTable(saved)
        let options = SubscriptionOptions(topics: ["news"], start: .earliest, cursors: saved)
        for try await event in try client.subscribe(options) {
            switch event {
            case .subscribed(_, let cursors):
                table.adopt(cursors)
            case .message(let message):
                guard table.advance(message.topic, to: message.messageID) else { continue }
                try handle(message)
                try save(table.cursors)
            case .gap(let gap):
                table.take(gap)
                report(gap)
            default:
                break
            }
        }
    }
}
