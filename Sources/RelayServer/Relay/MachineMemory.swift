import Foundation

/// What the process may use at most before the kernel ends it: the machine's memory, or its container's where that is less.
struct MachineMemory {
    private let read: (String) -> String?

    /// - Parameter read: the text of a file; nil where there is none.
    init(read: @escaping (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }) {
        self.read = read
    }

    /// In bytes. Where the kernel tells nothing, 2 GiB.
    var bytes: Int {
        let machine = self.read("/proc/meminfo").flatMap(Self.total)
        return ([machine].compactMap(\.self) + self.containers).min() ?? 2 << 30
    }

    /// The limits of the control group that the process is in, and of those around it. What the kernel calls `max`, and version 1 a
    /// number near 2^63, is none.
    private var containers: [Int] {
        let groups = self.read("/proc/self/cgroup").map(Self.paths) ?? ["/"]
        let files = groups.flatMap { group in
            Self.ancestors(group).flatMap { path in
                ["/sys/fs/cgroup\(path)memory.max", "/sys/fs/cgroup/memory\(path)memory.limit_in_bytes"]
            }
        }
        return files.compactMap { self.read($0)?.trimmingCharacters(in: .whitespacesAndNewlines) }.compactMap {
            Int($0)
        }
    }

    /// - Parameter meminfo: the text of `/proc/meminfo`, where sizes are in KiB.
    static func total(_ meminfo: String) -> Int? {
        let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// - Parameter cgroup: the text of `/proc/self/cgroup`: `0::/path`, and in version 1 `4:memory:/path`.
    static func paths(_ cgroup: String) -> [String] {
        cgroup.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory") else {
                return nil
            }
            return String(parts[2])
        }
    }

    /// `/a/b/`, `/a/` and `/` of `/a/b`.
    static func ancestors(_ path: String) -> [String] {
        let steps = path.split(separator: "/")
        return (0...steps.count).reversed().map { count in
            steps.prefix(count).reduce("/") { $0 + $1 + "/" }
        }
    }
}
