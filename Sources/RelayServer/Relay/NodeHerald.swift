import Logging
import RelayCore

/// Says every few seconds how this relay does, to those that share its store.
struct NodeHerald: Sendable {
    let directory: NodeDirectory
    let logger: Logger

    /// Returns when its task is cancelled. Where the store can't be told, the others see the relay fall silent, and the next time may do.
    func run() async {
        guard self.directory.isShared else { return }
        while !Task.isCancelled {
            do {
                try await self.directory.announce()
            } catch {
                self.logger.debug("the other relays could not be told of this one", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: NodeDirectory.interval)
        }
    }

    /// The relay stops.
    func leave() async {
        try? await self.directory.leave()
    }
}
