import NIOCore
import RelayCore
import RelayValkey
import Synchronization

/// Tells of changes in the control slot, which announce themselves with consecutive numbers, and notices when it was not told.
///
/// Its state is behind one short lock. The observer is called on the subscriber's event loop.
final class ChangeFeed: Sendable {
    enum Standing {
        case waiting
        case subscribed
        case refused(ValkeyServerError)
    }

    private struct State {
        var standing = Standing.waiting
        var observer: (@Sendable (StoreChange) -> Void)?
        var counter = ChangeCounter()
        var poll: Scheduled<Void>?
        var isClosed = false
    }

    let channel: ValkeyChannel
    private let server: any ValkeyRouter
    private let version: ValkeyArgument
    private let loop: any EventLoop
    private let pollInterval: Duration
    private let state = Mutex(State())

    /// - Parameter loop: the subscriber's.
    init(_ server: any ValkeyRouter, layout: KeyLayout, loop: any EventLoop, pollInterval: Duration) {
        self.server = server
        self.loop = loop
        self.pollInterval = pollInterval
        self.channel = ValkeyChannel(layout.changes, isSharded: true)
        self.version = ValkeyArgument(layout.version)
    }

    var standing: Standing { self.state.withLock { $0.standing } }

    func observe(_ observer: @escaping @Sendable (StoreChange) -> Void) {
        self.state.withLock { $0.observer = observer }
        self.pollLater(in: .zero)
    }

    func close() {
        let poll = self.state.withLock { state in
            state.isClosed = true
            state.observer = nil
            return state.poll
        }
        poll?.cancel()
    }

    func take(_ event: ValkeySubscriberEvent) {
        switch event {
        case .message(self.channel, let payload):
            let notice = ChangeNotice(payload)
            self.tell { $0.announced(notice) }
        case .subscribed(self.channel):
            self.state.withLock { $0.standing = .subscribed }
            self.tell { $0.subscribed() }
        case .dropped(self.channel, let error):
            self.state.withLock { state in
                state.standing = .refused(error ?? ValkeyServerError(prefix: "", message: "ended by the server"))
            }
        case .lost, .restored, .interrupted, .message, .subscribed, .dropped: break
        }
    }

    private func tell(_ change: (inout ChangeCounter) -> StoreChange?) {
        let (told, observer) = self.state.withLock { (change(&$0.counter), $0.observer) }
        if let told { observer?(told) }
    }

    // MARK: - Asking

    private func pollLater(in delay: Duration) {
        let poll = self.loop.scheduleTask(in: TimeAmount(delay)) { self.poll() }
        let isClosed = self.state.withLock { state in
            state.poll = poll
            return state.isClosed
        }
        if isClosed { poll.cancel() }
    }

    private func poll() {
        let command = ValkeyCommand("GET", self.version)
        self.server.send(command, key: self.version, deadline: nil) { [loop = self.loop] result in
            loop.execute { self.polled(result) }
        }
    }

    private func polled(_ result: Result<ValkeyReply, ValkeyError>) {
        var delay = self.pollInterval * Double.random(in: 0.8...1)
        if case .success(let reply) = result, let version = Int64(reply.text ?? "0") {
            self.tell { $0.polled(version) }
            if self.state.withLock({ $0.counter.isInDoubt }) { delay = .milliseconds(500) }
        }
        self.pollLater(in: delay)
    }
}
