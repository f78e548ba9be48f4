import NIOCore
import Synchronization

/// The channels of one attempt to connect (one per address tried), so that it can be given up from any thread.
///
/// Owner of the list: its lock, held for the list alone.
final class ConnectAttempt: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var isAbandoned = false
    }

    private let state = Mutex(State())

    /// A channel that comes after the attempt was given up is closed at once.
    func adopt(_ channel: any Channel) {
        let isAbandoned = self.state.withLock { state in
            state.channels.append(channel)
            return state.isAbandoned
        }
        if isAbandoned { channel.close(promise: nil) }
    }

    /// Closes all channels; what waits for them fails.
    func abandon() {
        let channels = self.state.withLock { state in
            state.isAbandoned = true
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }

    var isAbandoned: Bool { self.state.withLock { $0.isAbandoned } }
}
