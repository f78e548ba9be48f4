public import NIOCore

extension ValkeyNode {
    /// Sends a command and waits for its reply. It isn't cancelled with the task: the deadline ends the wait.
    public func send(_ command: ValkeyCommand, deadline: NIODeadline? = nil) async throws(ValkeyError) -> ValkeyReply {
        let result = await withCheckedContinuation { continuation in
            self.send(command, deadline: deadline) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends commands next to each other and waits for their replies; errors of the server are among them.
    public func send(
        _ commands: [ValkeyCommand],
        deadline: NIODeadline? = nil
    ) async throws(ValkeyError) -> [ValkeyReply] {
        let result = await withCheckedContinuation { continuation in
            self.send(commands, deadline: deadline) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
