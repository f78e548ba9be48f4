import NIOCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("The clock by which things are deleted for their age")
struct SettledClockTests {
    private static let start: Int64 = 1_800_000_000

    /// Reads the clock once a minute, with the wall clock set by so many seconds against the time that passes.
    private static func readings(minutes: [(count: Int, step: Int64)]) -> [Int64] {
        var clock = SettledClock()
        var uptime = NIODeadline.uptimeNanoseconds(5_000_000_000_000)
        var elapsed: Int64 = 0
        var readings: [Int64] = []
        for (count, step) in minutes {
            for _ in 0..<count {
                let wall = Timestamp(microseconds: 0).adding(seconds: Self.start + elapsed + step)
                let settled = clock.read(wall: wall, uptime: uptime)
                readings.append(settled.microseconds / 1_000_000 - Self.start - elapsed)
                uptime = uptime + .seconds(60)
                elapsed += 60
            }
        }
        return readings
    }

    @Test("It follows a clock that runs as it should")
    func steady() {
        #expect(Self.readings(minutes: [(500, 0)]).allSatisfy { $0 == 0 })
    }

    @Test("A step forward counts once it has stood for an hour", arguments: [3_600, 86_400])
    func forward(step: Int64) {
        let readings = Self.readings(minutes: [(10, 0), (200, step)])
        #expect(readings[..<70].allSatisfy { $0 == 0 })
        #expect(readings[71...].allSatisfy { $0 == step })
    }

    @Test("A step forward that is taken back within the hour never counts")
    func mistake() {
        #expect(Self.readings(minutes: [(100, 0), (59, 86_400), (100, 0)]).allSatisfy { $0 == 0 })
    }

    @Test("A step back counts at once", arguments: [-3_600, -86_400])
    func back(step: Int64) {
        let readings = Self.readings(minutes: [(10, 0), (200, step)])
        #expect(readings[10...].allSatisfy { $0 == step })
    }
}
