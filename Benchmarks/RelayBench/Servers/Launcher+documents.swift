import Foundation

extension Launcher {
    /// Where Debian's packages node-y-websocket and node-yjs have their files.
    static let nodeModules = "/usr/share/nodejs"

    /// Debian's y-websocket server as it comes: one process with one thread, and documents in memory only.
    func launchYWebsocket(port: Int) async throws -> Server {
        let script = URL(filePath: "\(Self.nodeModules)/y-websocket/bin/server.js")
        guard FileManager.default.fileExists(atPath: script.path()) else {
            throw LaunchError.notInstalled(script.path())
        }
        let environment = ["HOST": "127.0.0.1", "PORT": String(port), "NODE_PATH": Self.nodeModules]
        let process = try ServerProcess(executable: try Self.node, environment: environment) { _ in [script.path()] }
        try await self.awaitReady(.yWebsocket, process: process, port: port)
        return Server(kind: .yWebsocket, port: port, dialect: .yWebsocket, process: process)
    }

    static var node: URL {
        get throws { try self.existing(URL(filePath: "/usr/bin/node")) }
    }
}
