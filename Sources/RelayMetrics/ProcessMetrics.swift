import Foundation
import Glibc

/// What the kernel says about this process, read from `/proc` at each exposition.
public struct ProcessMetrics: MetricCollector {
    private let root: String
    private let ticksPerSecond: Double

    public init() {
        self.init(root: "/proc", ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// - Parameters:
    ///   - root: a directory laid out like `/proc`.
    ///   - ticksPerSecond: the unit in which the kernel counts processor time.
    init(root: String, ticksPerSecond: Double) {
        self.root = root
        self.ticksPerSecond = ticksPerSecond
    }

    /// Memory of the process that is in RAM, in bytes; nil where the kernel does not say.
    public var residentBytes: Int? { self.read("self/status").flatMap(Self.residentBytes) }

    public func collect() -> [MetricSample] {
        let ticks = self.read("self/stat").flatMap(ProcessTicks.init)
        let start = ticks.flatMap { ticks in
            self.read("stat").flatMap(Self.bootTime).map { $0 + Double(ticks.started) / self.ticksPerSecond }
        }
        return [
            self.sample(
                "process_cpu_seconds_total",
                .counter,
                "Processor time of the process in seconds.",
                ticks.map { Double($0.used) / self.ticksPerSecond }
            ),
            self.sample(
                "process_open_fds",
                .gauge,
                "Open file descriptors.",
                self.openDescriptors().map(Double.init)
            ),
            self.sample(
                "process_resident_memory_bytes",
                .gauge,
                "Memory of the process that is in RAM, in bytes.",
                self.read("self/status").flatMap(Self.residentBytes).map(Double.init)
            ),
            self.sample(
                "process_start_time_seconds",
                .gauge,
                "Start of the process in seconds since the Unix epoch.",
                start
            ),
        ].compactMap(\.self)
    }

    private func sample(_ name: String, _ kind: MetricKind, _ help: String, _ value: Double?) -> MetricSample? {
        value.map { MetricSample(name: name, kind: kind, help: help, value: $0) }
    }

    private func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: "\(self.root)/\(path)"),
            let data = try? file.readToEnd()
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// Less the one that is open for the count itself.
    private func openDescriptors() -> Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(self.root)/self/fd")).map { max(0, $0.count - 1) }
    }

    /// - Parameter stat: the text of `/proc/stat`.
    /// - Returns: seconds since the Unix epoch.
    static func bootTime(_ stat: String) -> Double? {
        self.field("btime", stat).flatMap(Double.init)
    }

    /// - Parameter status: the text of `/proc/self/status`, where sizes are in KiB.
    static func residentBytes(_ status: String) -> Int? {
        self.field("VmRSS:", status).flatMap { Int($0) }.map { $0 * 1_024 }
    }

    private static func field(_ name: String, _ text: String) -> Substring? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
    }
}

/// Processor time and start of a process, in the kernel's ticks.
struct ProcessTicks: Hashable {
    let used: UInt64
    /// Since boot.
    let started: UInt64

    /// - Parameter stat: the text of `/proc/self/stat`. The program's name in it may hold spaces and parentheses, so fields
    ///   are counted from the last parenthesis: the first after it is the third of proc(5).
    init?(_ stat: String) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19, let user = UInt64(fields[11]), let system = UInt64(fields[12]),
            let started = UInt64(fields[19])
        else { return nil }
        self.used = user + system
        self.started = started
    }
}
