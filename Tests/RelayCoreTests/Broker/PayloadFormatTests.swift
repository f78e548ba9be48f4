import NIOCore
import RelayCore
import RelayWire
import Testing

@Suite("What a topic's payloads are")
struct PayloadFormatTests {
    private let relay = TestRelay(catalog: TopicCatalog([PlainStream(), PadBehavior(), PaperBehavior()]))
    private static let json = BrokerError.refused(Refusal("This topic takes JSON objects"))
    private static let binary = BrokerError.refused(
        Refusal(#"This topic takes binary payloads: in JSON, a base64 string beside "encoding": "base64""#)
    )

    private func item(_ path: String, _ format: PayloadFormat) -> Broker.Item {
        let payload = format == .json ? ByteBuffer(string: "{}") : ByteBuffer(bytes: [0, 1, 2])
        return Broker.Item(
            key: .named(path),
            draft: Draft(timestamp: self.relay.clock.now, payload: payload, format: format)
        )
    }

    private func error(_ items: [Broker.Item], key: String? = nil) async -> BrokerError? {
        do throws(BrokerError) {
            if let key {
                let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: key)
                _ = try await self.relay.broker.publish(items, once: key, as: .olga)
            } else {
                _ = try await self.relay.broker.publish(items, as: .olga)
            }
            return nil
        } catch {
            return error
        }
    }

    @Test("the other format makes no topic, and takes no idempotency key", arguments: [nil, "k"])
    func first(key: String?) async throws {
        let tries: [(String, PayloadFormat, BrokerError)] = [
            ("pad/a", .binary, Self.json), ("paper/a", .json, Self.binary),
        ]
        for (path, format, refusal) in tries {
            #expect(await self.error([self.item(path, format)], key: key) == refusal)
            #expect(try await self.relay.store.topic(.named(path)) == nil)
            let right: PayloadFormat = format == .json ? .binary : .json
            #expect(await self.error([self.item(path, right)], key: key.map { "\($0)-\(path)" }) == nil)
        }
    }

    @Test("on a topic that is there it is refused at once; with others, so are they", arguments: ["pad/a", "paper/a"])
    func known(path: String) async throws {
        _ = try await self.relay.topic("pad/a")
        _ = try await self.relay.topic("paper/a")
        let isPaper = path != "pad/a"
        let outcome = Collected<BrokerError>()
        let isDone = self.relay.broker.publishNow(self.item(path, isPaper ? .json : .binary), as: .olga) { result in
            if case .failure(let error) = result { outcome.add([error]) }
        }
        #expect(isDone && outcome.all == [isPaper ? Self.binary : Self.json])
        let mixed = [self.item("pad/a", isPaper ? .json : .binary), self.item("paper/a", isPaper ? .json : .binary)]
        #expect(await self.error(mixed) == (isPaper ? Self.binary : Self.json))
        for path in ["pad/a", "paper/a"] { #expect(self.relay.store.ids(in: .named(path)).isEmpty) }
        #expect(await self.error([self.item("pad/a", .json), self.item("paper/a", .binary)]) == nil)
    }

    @Test("a plain topic takes both, and each message keeps its own")
    func both() async throws {
        let formats: [PayloadFormat] = [.binary, .json, .binary]
        #expect(await self.error([self.item("news", formats[0])]) == nil)
        #expect(await self.error(formats.dropFirst().map { self.item("news", $0) }) == nil)
        for relay in [self.relay, self.relay.restarted(catalog: TopicCatalog([PlainStream()]))] {
            let page = try await relay.broker.history(
                of: .named("news"),
                .ascending,
                cursor: .oldest,
                limit: 10,
                as: .olga
            )
            #expect(page.messages.map(\.format) == formats)
        }
    }

    @Test("bytes are read as they were published, from memory and from the store")
    func read() async throws {
        #expect(await self.error([self.item("paper/a", .binary)]) == nil)
        for relay in [self.relay, self.relay.restarted(catalog: TopicCatalog([PaperBehavior()]))] {
            let page = try await relay.broker.history(
                of: .named("paper/a"),
                .ascending,
                cursor: .oldest,
                limit: 10,
                as: .olga
            )
            #expect(page.messages.map(\.format) == [.binary])
            #expect(page.messages.map(\.payload) == [ByteBuffer(bytes: [0, 1, 2])])
        }
    }

    @Test("what people without a token may do is said where the kind knows such people, and nowhere else")
    func anonymous() async throws {
        let broker = self.relay.broker
        for (path, knowsThem) in [("news", false), ("paper/a", true)] {
            var refusals = 0
            for anonymous in AnonymousAccess.allCases {
                let key = TopicKey.named("\(path)-\(anonymous)")
                do throws(BrokerError) {
                    let topic = try await broker.createTopic(
                        key,
                        isPublic: false,
                        description: nil,
                        anonymous: anonymous,
                        by: .olga
                    )
                    #expect(topic.record.anonymous == anonymous)
                    for next in [AnonymousAccess.read, .write, .none] {
                        let changed = try await broker.updateTopic(key, TopicChanges(anonymous: next), as: .olga)
                        #expect(changed.record.anonymous == next)
                        #expect(try await broker.updateTopic(key, TopicChanges(), as: .olga).record == changed.record)
                    }
                } catch {
                    refusals += 1
                    guard case .refused = error else { throw error }
                }
            }
            #expect(refusals == (knowsThem ? 0 : 3))
        }
    }
}
