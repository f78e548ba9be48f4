import Testing

@testable import relay_bench

@Suite struct MeasuredTests {
    @Test("A median is the middle of the rounds, and a ratio the middle of the rounds' own ratios")
    func medians() {
        var measured = Measured<ServerKind>()
        for (relay, bare) in [(2.0, 1.0), (30.0, 10.0), (8.0, 2.0)] {
            measured.add([.cpuPerMessage: relay], for: .relay)
            measured.add([.cpuPerMessage: bare], for: .bare)
        }
        #expect(measured.median(.cpuPerMessage, of: .relay) == 8)
        #expect(measured.median(.cpuPerMessage, of: .bare) == 2)
        #expect(measured.ratio(.cpuPerMessage, of: .relay, to: .bare) == 3)
    }

    @Test("A difference is the middle of the rounds' own differences")
    func difference() {
        var measured = Measured<ServerKind>()
        for (far, near) in [(10.0, 9.0), (5.0, 8.0), (100.0, 40.0)] {
            measured.add([.farLatency: far, .latency: near], for: .relay)
        }
        #expect(measured.difference(.farLatency, above: .latency, of: .relay) == 1)
        #expect(measured.difference(.farLatency, above: .latency, of: .bare) == nil)
    }

    @Test("Two figures of one contender are paired round by round")
    func ratioOfTwo() {
        var measured = Measured<ServerKind>()
        for (resident, allowed) in [(10.0, 20.0), (30.0, 20.0), (20.0, 20.0)] {
            measured.add([.resident: resident, .allowedBytes: allowed], for: .relay)
        }
        #expect(measured.ratio(.resident, to: .allowedBytes, of: .relay) == 1)
        #expect(measured.ratio(.resident, to: .allowedBytes, of: .bare) == nil)
    }

    @Test("A contender that failed has no figures, and its reason is told once")
    func failures() {
        var measured = Measured<ServerKind>()
        measured.add([.rate: 1], for: .nchan)
        measured.drop(.nchan)
        measured.add(LoadError.connectionClosed, of: .nchan)
        measured.add(LoadError.connectionClosed, of: .nchan)
        #expect(measured.median(.rate, of: .nchan) == nil)
        #expect(measured.remarks == "nchan: the server closed the connection")
    }
}
