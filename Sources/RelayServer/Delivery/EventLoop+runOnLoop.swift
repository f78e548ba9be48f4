import NIOCore

extension EventLoop {
    /// Runs `work` on the loop: at once where the caller is on it, else in a later turn.
    func runOnLoop(_ work: @escaping @Sendable () -> Void) {
        if self.inEventLoop { work() } else { self.execute(work) }
    }
}
