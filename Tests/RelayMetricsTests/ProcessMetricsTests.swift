import Testing

@testable import RelayMetrics

@Suite struct ProcessMetricsTests {
    @Test("Fields of stat are counted from the program's name, whatever it holds")
    func stat() {
        let stat = "42 (a b) (c) R 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20 0 1 0 5000 9 9"
        let ticks = ProcessTicks(stat)
        #expect(ticks?.used == 100)
        #expect(ticks?.started == 5_000)
    }

    @Test("What is not the kernel's format gives nothing", arguments: ["", "42", "42 (x) R 1 2", "42 (x"])
    func brokenStat(_ text: String) {
        #expect(ProcessTicks(text) == nil)
    }

    @Test("Resident memory is given in KiB, boot in seconds")
    func fields() {
        #expect(ProcessMetrics.residentBytes("VmPeak:\t 9 kB\nVmRSS:\t  12 kB\n") == 12_288)
        #expect(ProcessMetrics.residentBytes("VmPeak:\t 9 kB\n") == nil)
        #expect(ProcessMetrics.bootTime("cpu 1 2\nbtime 1795000000\n") == 1_795_000_000)
    }

    @Test("This process has memory, descriptors, a start and processor time")
    func live() throws {
        let registry = PrometheusRegistry(collectors: [ProcessMetrics()])
        let parsed = try ExpositionParser(registry.exposition())
        #expect(try #require(parsed.value("process_resident_memory_bytes")) > 1_000_000)
        #expect(try #require(parsed.value("process_open_fds")) >= 3)
        #expect(try #require(parsed.value("process_start_time_seconds")) > 1_500_000_000)
        #expect(try #require(parsed.value("process_cpu_seconds_total")) >= 0)
        #expect(parsed.families["process_cpu_seconds_total"]?.kind == "counter")
    }

    @Test("Where there is no /proc, there are no such metrics and no error")
    func elsewhere() {
        #expect(ProcessMetrics(root: "/nonexistent", ticksPerSecond: 100).collect().isEmpty)
    }
}
