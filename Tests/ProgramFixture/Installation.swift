public import Foundation

/// Where the programs under test, and those that test them, are.
public enum Installation {
    /// Built next to the tests.
    public static var relay: URL {
        Bundle.main.bundleURL.appending(path: "pulsar-relay")
    }

    public static let package = URL(filePath: #filePath)
        .deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()

    public static var scripts: URL { self.package.appending(path: "Tests/Interop/python") }
    public static var nodeScripts: URL { self.package.appending(path: "Tests/Interop/node") }
    public static var python: URL { self.package.appending(path: ".build/interop-venv/bin/python") }

    /// This process's environment without what would configure a relay or a Python, and without proxies.
    public static var environment: [String: String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("PULSAR_") && !$0.key.hasPrefix("PYTHON") }
            .merging(["no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"]) { $1 }
    }
}
