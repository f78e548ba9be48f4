import NIOCore

/// Something that lives on an event loop, seen from others.
struct LoopReference<Object: AnyObject>: Sendable {
    private let object: NIOLoopBound<Object>
    private let identity: ObjectIdentifier
    let eventLoop: any EventLoop

    /// To be called on the event loop.
    init(_ object: Object, on eventLoop: any EventLoop) {
        self.object = NIOLoopBound(object, eventLoop: eventLoop)
        self.identity = ObjectIdentifier(object)
        self.eventLoop = eventLoop
    }

    func refers(to object: Object) -> Bool { self.identity == ObjectIdentifier(object) }

    /// Does something with it on its loop: at once where that is the caller's, and always in the order of the caller's calls.
    func tell(_ body: @escaping @Sendable (Object) -> Void) {
        if self.eventLoop.inEventLoop { return body(self.object.value) }
        let object = self.object
        self.eventLoop.execute { body(object.value) }
    }
}

extension LoopReference: Equatable {
    static func == (one: Self, other: Self) -> Bool { one.identity == other.identity }
}
