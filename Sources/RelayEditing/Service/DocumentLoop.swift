public import NIOCore
public import RelayCore

/// An event loop with readers, on which documents live.
public protocol DocumentLoop: AnyObject, Sendable {
    var eventLoop: any EventLoop { get }

    /// On the loop only; nil once it has stopped.
    var readers: LoopReaders? { get }
}
