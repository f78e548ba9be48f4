import NIOCore
import RelayCore
import RelayStorage
import RelayWire
import Synchronization
import Testing

@testable import RelaySessions

@Suite("Changed keys of tickets")
struct SessionKeyRotationTests {
    private final class Clock: Sendable {
        let seconds = Mutex<Int64>(0)

        var relayClock: RelayClock {
            RelayClock(
                now: {
                    Timestamp(microseconds: 1_800_000_000_000_000).adding(seconds: self.seconds.withLock { $0 })
                },
                uptime: { .uptimeNanoseconds(1_000_000_000 * UInt64(self.seconds.withLock { $0 } + 1)) }
            )
        }
    }

    private let clock = Clock()
    private let store = MemoryStore()

    private func keys(_ first: UInt8) throws -> SessionKeys {
        SessionKeys(
            broker: Broker(
                store: self.store,
                catalog: TopicCatalog([SessionKeyTopic()]),
                clock: self.clock.relayClock
            ),
            cluster: "c",
            seed: try TicketSeed(bytes: Array(first..<first + 32)),
            secret: "secret",
            longestTicketSeconds: 100
        )
    }

    @Test(
        "the key before verifies for as long as a ticket can be good, and then no more, at the relays that knew it too"
    )
    func rotation() async throws {
        let old = try await self.keys(0).current().current.publicKey
        self.clock.seconds.withLock { $0 = 1_000 }
        let relay = try self.keys(1)
        let new = try await relay.current().current.publicKey
        #expect(try await relay.current().publicKeys == [new, old])
        for (seconds, publicKeys) in [(1_099, [new, old]), (1_100, [new])] as [(Int64, [PublicKey])] {
            self.clock.seconds.withLock { $0 = seconds }
            await relay.refresh()
            #expect(try await relay.current().publicKeys == publicKeys)
            #expect(try await self.keys(1).current().publicKeys == publicKeys)
        }
    }

    @Test("the record of before, without an end, is read")
    func firstVersion() throws {
        let key = SigningKey(try TicketSeed(bytes: Array(0..<32))).publicKey
        let record = SessionKeyRecord(
            current: key,
            previous: key,
            until: Timestamp(microseconds: 7),
            sealedSeed: "s"
        )
        #expect(SessionKeyRecord(record.document) == record)
        var bytes = Array(record.document.readableBytesView)
        bytes[4] = 1
        let end = bytes.count - (4 + 1)
        bytes.removeSubrange(end - (1 + 8)..<end)
        #expect(
            SessionKeyRecord(ByteBuffer(bytes: bytes)) == SessionKeyRecord(current: key, previous: key, sealedSeed: "s")
        )
    }
}
