import NIOCore
import RelayValkey

extension ValkeyStore {
    /// The `maxmemory-policy` of a server that drops keys to make room.
    ///
    /// - Returns: nil where every server refuses writes instead (`noeviction`), and where servers don't tell.
    public func evictionPolicy() async -> String? {
        for node in self.server.masters where node.isConnected {
            if let policy = await self.policy(of: node), policy != "noeviction" { return policy }
        }
        return nil
    }

    private func policy(of node: ValkeyNode) async -> String? {
        let first = FirstAnswer<String?>()
        return await withCheckedContinuation { continuation in
            first.expect(continuation)
            let timer = self.loop.scheduleTask(in: .milliseconds(800)) { first.answer(nil) }
            node.send(ValkeyCommand("INFO", "memory")) { result in
                timer.cancel()
                first.answer((try? result.get())?.text.flatMap(Self.evictionPolicy(info:)))
            }
        }
    }

    /// - Parameter info: the answer to `INFO memory`: lines of `name:value`.
    static func evictionPolicy(info: String) -> String? {
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("maxmemory_policy:") }
        return line.map { String($0.dropFirst("maxmemory_policy:".count)) }
    }
}
