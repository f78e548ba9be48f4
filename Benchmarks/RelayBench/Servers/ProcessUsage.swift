import Foundation

/// What a process and its children have used, read from /proc.
struct ProcessUsage: Sendable {
    /// User and system time of the process and its children.
    var cpuMicroseconds: Double
    /// Resident memory of its own: anonymous and shared-memory pages, those shared by its processes counted once. Pages of
    /// the program's file are left out: how many of them count depends on who else runs the same program.
    var residentBytes: Double

    /// A process that ended meanwhile counts nothing.
    static func of(_ process: ServerProcess) -> ProcessUsage {
        let ids = [process.id] + Self.children(of: process.id)
        return ProcessUsage(
            cpuMicroseconds: ids.map(Self.cpuMicroseconds).reduce(0, +),
            residentBytes: ids.map(Self.residentBytes).reduce(0, +)
        )
    }

    private static func children(of parent: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { id in
            Self.statistics(id).flatMap { $0.count > 1 ? Int32($0[1]) : nil } == parent
        }
    }

    /// From the process's own CPU clock, which counts nanoseconds where proc(5)'s stat counts ticks.
    private static func cpuMicroseconds(_ id: Int32) -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard unsafe clock_getcpuclockid(id, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    /// The fields of proc(5)'s stat from the third on: the second, the program's name, may hold spaces.
    private static func statistics(_ id: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let nameEnd = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: nameEnd)...].split(separator: " ")
    }

    private static func residentBytes(_ id: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/smaps_rollup", encoding: .utf8) else { return 0 }
        let kilobytes = text.split(separator: "\n")
            .filter { $0.hasPrefix("Pss_Anon:") || $0.hasPrefix("Pss_Shmem:") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }
            .reduce(0, +)
        return kilobytes * 1024
    }
}
