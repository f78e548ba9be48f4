import NIOCore
import RelayCore
import RelayValkey

/// Runs scripts that count as done only once replicas have them.
///
/// It waits by `WAIT`, which holds up its connection: so the connections are used for nothing else.
struct ReplicatedServer: Sendable {
    let server: any ValkeyRouter
    private let replicas: Int
    private let milliseconds: Int64

    init(
        _ place: ValkeyEndpoint,
        _ configuration: ValkeyConfiguration,
        replicas: Int,
        timeout: Duration,
        loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void
    ) throws {
        var configuration = configuration
        let timeout = TimeAmount(timeout)
        configuration.unresponsiveAfter = configuration.unresponsiveAfter + timeout
        configuration.commandTimeout = configuration.commandTimeout + timeout
        self.server = try place.makeRouter(configuration, loops: loops, onChange: onChange)
        self.replicas = replicas
        // `WAIT 0` would wait for ever.
        self.milliseconds = max(1, timeout.nanoseconds / 1_000_000)
    }

    /// - Parameter completion: `outcomeUnknown` where the server has done it, but too few replicas say so in time.
    func run(
        _ script: ValkeyScript,
        keys: [ValkeyArgument],
        arguments: [ValkeyArgument],
        withSource: Bool = false,
        completion: @escaping @Sendable (Result<ValkeyReply, StoreError>) -> Void
    ) {
        let name: [ValkeyArgument] =
            withSource ? ["EVAL", .init(script.source)] : ["EVALSHA", .init(script.digest)]
        let command = ValkeyCommand(name + [.init(keys.count)] + keys + arguments)
        let wait = ValkeyCommand("WAIT", .init(self.replicas), .init(self.milliseconds))
        self.server.send(command, followedBy: [wait], key: keys.first ?? "", deadline: nil) { result in
            switch result {
            case .failure(let error): completion(.failure(StoreError(valkey: error)))
            case .success(let replies):
                guard replies.count == 2 else { return completion(.failure(.unexpected("to a WAIT"))) }
                if case .error(let error) = replies[0] {
                    guard error.prefix == "NOSCRIPT", !withSource else {
                        return completion(.failure(StoreError(server: error)))
                    }
                    return self.run(script, keys: keys, arguments: arguments, withSource: true, completion: completion)
                }
                let count = replies[1].integer ?? 0
                guard count >= self.replicas else {
                    let message = "\(count) of \(self.replicas) replicas have it after \(self.milliseconds) ms"
                    return completion(.failure(StoreError(.outcomeUnknown, message)))
                }
                completion(.success(replies[0]))
            }
        }
    }
}
