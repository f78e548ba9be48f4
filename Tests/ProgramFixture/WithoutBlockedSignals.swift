import Foundation

/// Runs `body` with no signal blocked on this thread.
///
/// A program that is started inherits the mask of the thread that starts it, and the threads on which tasks run block almost
/// everything: neither the program nor those that it starts in turn would notice SIGTERM.
public func withoutBlockedSignals<Value>(_ body: () throws -> Value) rethrows -> Value {
    var none = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
}
