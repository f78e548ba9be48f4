import Testing

@testable import RelayServer

@Suite("What memory the machine or container has")
struct MachineMemoryTests {
    private static let meminfo = "MemTotal:       16384 kB\nMemFree:        1024 kB\n"

    private func bytes(_ files: [String: String]) -> Int {
        MachineMemory { files[$0] }.bytes
    }

    @Test("the machine's, where no container bounds it")
    func machine() {
        #expect(self.bytes(["/proc/meminfo": Self.meminfo]) == 16 << 20)
        #expect(
            self.bytes([
                "/proc/meminfo": Self.meminfo, "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max\n",
            ]) == 16 << 20
        )
    }

    @Test("the least of the control groups around the process")
    func containers() {
        let files = [
            "/proc/meminfo": Self.meminfo, "/proc/self/cgroup": "0::/system.slice/relay.service\n",
            "/sys/fs/cgroup/system.slice/relay.service/memory.max": "max\n",
            "/sys/fs/cgroup/system.slice/memory.max": "8388608\n",
            "/sys/fs/cgroup/memory.max": "9000000\n",
        ]
        #expect(self.bytes(files) == 8 << 20)
    }

    @Test("version 1 of control groups, where no bound is a number near 2^63")
    func first() {
        var files = [
            "/proc/meminfo": Self.meminfo, "/proc/self/cgroup": "4:memory:/docker/x\n3:cpu:/\n",
            "/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "9223372036854771712\n",
        ]
        #expect(self.bytes(files) == 16 << 20)
        files["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "4194304"
        #expect(self.bytes(files) == 4 << 20)
    }

    @Test("inside a container, whose own root is all that it sees")
    func inside() {
        #expect(self.bytes(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "1048576"]) == 1 << 20)
    }

    @Test("something to go by where the kernel tells nothing, or nonsense")
    func nothing() {
        #expect(self.bytes([:]) == 2 << 30)
        #expect(self.bytes(["/proc/meminfo": "MemTotal: much", "/proc/self/cgroup": "::::"]) == 2 << 30)
        #expect(MachineMemory().bytes > 0)
    }
}
