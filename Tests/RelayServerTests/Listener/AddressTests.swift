import Logging
import NIOCore
import NIOPosix
import RelayAccess
import Testing

@testable import RelayServer

@Suite("Connections of an address", .timeLimit(.minutes(1)))
struct AddressTests {
    private static func at(_ seconds: Double) -> NIODeadline { .uptimeNanoseconds(UInt64(seconds * 1e9)) }

    @Test("are bounded while they are open, and in each second; nothing is remembered of who has left")
    func table() {
        var table = AddressTable(AddressTable.Limits(open: 3, perSecond: 2))
        #expect(table.open("a", at: Self.at(10)) == nil)
        #expect(table.open("a", at: Self.at(10.5)) == nil)
        #expect(table.open("a", at: Self.at(10.9)) == .tooFast)
        #expect(table.open("b", at: Self.at(10.9)) == nil)
        #expect(table.open("a", at: Self.at(11)) == nil)
        #expect(table.open("a", at: Self.at(11)) == .tooManyOfAddress)
        table.close("a")
        #expect(table.open("a", at: Self.at(11.1)) == nil)
        table.close("b")
        for _ in 1...3 { table.close("a") }
        #expect(table.count == 2)
        #expect(table.open("c", at: Self.at(12)) == nil)
        #expect(table.count == 1)
    }

    @Test("an address that closes and opens again in one second is held to its rate")
    func reopening() {
        var table = AddressTable(AddressTable.Limits(open: 0, perSecond: 2))
        for _ in 1...2 {
            #expect(table.open("a", at: Self.at(1)) == nil)
            table.close("a")
        }
        #expect(table.open("a", at: Self.at(1.5)) == .tooFast)
        #expect(table.open("a", at: Self.at(2)) == nil)
    }

    @Test("refusals are told at most once a second, and none is left out")
    func log() {
        var log = RefusalLog()
        #expect(log.note(.tooFast, at: Self.at(5)) == .write([.tooFast: 1]))
        #expect(log.note(.tooFast, at: Self.at(5.4)) == .wait(.milliseconds(600)))
        #expect(log.note(.relayFull, at: Self.at(5.5)) == .nothing)
        #expect(log.due(at: Self.at(6)) == .write([.tooFast: 1, .relayFull: 1]))
        #expect(log.note(.tooFast, at: Self.at(6.5)) == .wait(.milliseconds(500)))
        #expect(log.due(at: Self.at(7)) == .write([.tooFast: 1]))
        #expect(log.due(at: Self.at(9)) == .nothing)
    }

    @Test("what is too many is closed at once, and an exempt address has no limit", arguments: [false, true])
    func listener(isExempt: Bool) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = RelayConfiguration.forTests
        configuration.server.maxConnectionsPerAddress = 2
        let hasher = PasswordHasher()
        let parts = try await RelayParts(
            configuration: configuration,
            store: try await configuration.openStore(on: group),
            hasher: hasher,
            secret: Secret("0123456789abcdef0123456789abcdef"),
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let exempt = isExempt ? Listener.ownAddresses : []
        let listener = try await Listener.bind(
            configuration.server,
            on: group,
            services: parts.services,
            exempt: exempt
        )
        let port = try #require(listener.channel.localAddress?.port)
        var kept: [RawConnection] = []
        for _ in 1...2 { kept.append(try await .open(port)) }
        let third = try await RawConnection.open(port)
        if isExempt {
            third.disconnect()
        } else {
            #expect(await third.rest() == "")
        }
        for connection in kept {
            connection.disconnect()
            _ = await connection.rest()
        }
        try await listener.channel.close()
        try await listener.drained.get()
        parts.lane.close()
        try await parts.loops.stop()
        await hasher.shutdown()
        try await group.shutdownGracefully()
    }
}
