import Foundation

/// libfaketime, which hands a process another wall clock. The file that says which may be changed while the process runs.
enum FakeTime {
    /// Nil where it is not installed.
    static var library: String? {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
        return folders.map { $0 + "/faketime/libfaketimeMT.so.1" }.first(where: FileManager.default.fileExists)
    }

    /// Time that passes is left alone, as it is where a wall clock is set.
    static func environment(_ library: String, _ clock: URL) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock.path(), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        ]
    }
}
