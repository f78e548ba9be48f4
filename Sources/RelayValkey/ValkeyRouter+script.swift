public import NIOCore

extension ValkeyRouter {
    /// Runs a script. Where the server doesn't know it, which is certain not to have run it, its source is sent.
    ///
    /// - Parameters:
    ///   - keys: in a cluster at least one, and all of one slot.
    ///   - deadline: for both attempts together. Nil means the configured time for each.
    ///   - completion: see `send`. Called once.
    public func run(
        _ script: ValkeyScript,
        keys: [ValkeyArgument],
        arguments: [ValkeyArgument],
        deadline: NIODeadline? = nil,
        completion: @escaping @Sendable (Result<ValkeyReply, ValkeyError>) -> Void
    ) {
        let key = keys.first ?? ""
        let byDigest = script.command(keys: keys, arguments: arguments, withSource: false)
        self.send(byDigest, key: key, deadline: deadline) { result in
            guard case .failure(let error) = result, error.server?.prefix == "NOSCRIPT" else {
                return completion(result)
            }
            let bySource = script.command(keys: keys, arguments: arguments, withSource: true)
            self.send(bySource, key: key, deadline: deadline, completion: completion)
        }
    }

    /// Runs a script and waits for its reply.
    public func run(
        _ script: ValkeyScript,
        keys: [ValkeyArgument],
        arguments: [ValkeyArgument] = [],
        deadline: NIODeadline? = nil
    ) async throws(ValkeyError) -> ValkeyReply {
        let result = await withCheckedContinuation { continuation in
            self.run(script, keys: keys, arguments: arguments, deadline: deadline) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }
}
