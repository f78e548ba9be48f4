import NIOCore

/// Closing so that the peer gets its answer.
extension HTTPConnection {
    /// For how long a peer whose request was refused may send nothing of the rest.
    private static let lingeringSilence = TimeAmount.seconds(5)

    /// Takes more of a refused request.
    func linger(until end: NIODeadline, answered: EventLoopFuture<Void>) {
        self.phase = .lingering(until: end, answered: answered)
        self.deadline = min(end, .now() + Self.lingeringSilence)
    }

    /// The refused request is over, or has taken long enough.
    func endLingering() {
        guard case .lingering(_, let answered) = self.phase, let context = self.context else { return }
        self.deadline = .distantFuture
        self.closeAfter(answered, context)
    }

    /// Sends our end of the stream and leaves the peer a moment to read it: closing with unread bytes in the socket would
    /// reset the connection under the answer. A peer that takes nothing is waited for no longer than one between two requests: what is
    /// little enough counts as writable for ever.
    func closeAfter(_ written: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        self.phase = .discarding
        self.decoder.isDeaf = true
        self.pipelined.drop()
        self.deadline = min(self.deadline, .now() + self.services.timeouts.idle)
        let channel = context.channel
        written.whenComplete { _ in
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: .milliseconds(250)) { channel.close(promise: nil) }
        }
    }
}
