public import NIOCore

/// The place where some readers live: an event loop, as the core sees it.
public protocol ReadingLoop: AnyObject, Sendable {
    /// Something about the topic changed: it grew, was deleted, or changed hands.
    ///
    /// A hint, called on any thread and never under a lock: look at the topic (``LoopReaders/process(_:)``) on the loop,
    /// at some later time. Not called again for the topic until then; several hints may be handled by one look.
    func topicChanged(_ topic: Topic)

    /// The first of the messages that ``LoopReaders/process(_:)`` has found are about to be written: what else the loop has to write may go
    /// with them.
    func willFlush()

    /// Readers have more to do than one turn allows: call ``LoopReaders/goOn()`` once the loop has looked at its sockets again.
    ///
    /// Called on the loop, and not again until then.
    func comeBack()

    /// Topics wait for more: call ``LoopReaders/handOut()`` after that time.
    ///
    /// Called on the loop, and not again until then but for a moment that comes earlier. What was asked for before stays due too.
    func gather(for time: TimeAmount)
}
