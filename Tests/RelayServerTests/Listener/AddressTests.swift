import NIOCore
import RelayCore
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

    @Test("a table goes by the limits that it is given anew")
    func changes() {
        var table = AddressTable(AddressTable.Limits(open: 1, perSecond: 0))
        #expect(table.open("a", at: Self.at(1)) == nil)
        #expect(table.open("a", at: Self.at(1)) == .tooManyOfAddress)
        table.limits.open = 2
        #expect(table.open("a", at: Self.at(1)) == nil)
        table.limits.open = 1
        #expect(table.open("a", at: Self.at(1)) == .tooManyOfAddress)
    }

    @Test("a listener goes by the limits of each moment")
    func listenerChanges() async throws {
        let limits = Adjustable(AddressTable.Limits(open: 1, perSecond: 0))
        try await withListener(addresses: limits, { _ in }) { port, _ in
            let first = try await RawConnection.open(port)
            let second = try await RawConnection.open(port)
            second.request("POST", "/api/v1/messages", token: nil, headers: ["Connection: close"])
            #expect(await second.rest().isEmpty)
            limits.change(to: AddressTable.Limits(open: 2, perSecond: 0))
            let third = try await RawConnection.open(port)
            third.request("POST", "/api/v1/messages", token: nil, headers: ["Connection: close"])
            #expect(await third.rest().isEmpty == false)
            for connection in [first, second, third] { connection.disconnect() }
        }
    }

    @Test("what is too many is closed at once, and an exempt address has no limit", arguments: [false, true])
    func listener(isExempt: Bool) async throws {
        try await withListener(exempt: isExempt ? Listener.ownAddresses : []) {
            $0.server.maxConnectionsPerAddress = 2
        } _: { port, _ in
            var kept: [RawConnection] = []
            for _ in 1...2 { kept.append(try await .open(port)) }
            let third = try await RawConnection.open(port)
            third.request("POST", "/api/v1/messages", token: nil, headers: ["Connection: close"])
            let answer = await third.rest()
            #expect(isExempt ? answer.hasPrefix("HTTP/1.1 401") : answer.isEmpty, "\(answer)")
            for connection in kept {
                connection.disconnect()
                _ = await connection.rest()
            }
        }
    }

    @Test("a relay that has all the connections it may says so in its log, and serves who waits when somebody leaves")
    func full() async throws {
        try await withListener {
            $0.server.maxConnections = 2
        } _: { port, lines in
            var connections: [RawConnection] = []
            for _ in 1...4 {
                connections.append(try await .open(port))
                connections.last?.request("POST", "/api/v1/messages", token: nil)
            }
            for connection in connections[..<2] { #expect(await connection.reply()?.status == 401) }
            while lines.all.isEmpty {
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(lines.all[0].contains("max_connections=1"), "\(lines.all)")
            connections[0].disconnect()
            #expect(await connections[2].reply()?.status == 401)
            for connection in connections[1...] { connection.disconnect() }
        }
    }
}

/// Runs `body` with a listener of one loop, and with what its relay logs.
private func withListener(
    exempt: [IPNetwork] = [],
    addresses: Adjustable<AddressTable.Limits>? = nil,
    _ configure: (inout RelayConfiguration) -> Void,
    _ body: (_ port: Int, _ lines: LoggedLines) async throws -> Void
) async throws {
    var configuration = RelayConfiguration.forTests
    configure(&configuration)
    try await withRelayParts(configuration) { parts, group, lines in
        let listener = try await Listener.bind(
            configuration.server,
            on: group,
            services: parts.services,
            addresses: addresses,
            exempt: exempt
        )
        try await body(try #require(listener.channel.localAddress?.port), lines)
        try await listener.channel.close()
        try await listener.drained.get()
    }
}
