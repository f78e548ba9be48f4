import DequeModule

/// Decides which of a client's messages is handled next, and when its socket, or whatever they come by, is read.
///
/// Messages are handled one after another: nothing overtakes one that has to ask the store first. And they are handled only while there is
/// room for what they lead to: a client that publishes faster than the store stores, or asks for more than it reads, is held back by its own
/// socket.
struct MessageIntake<Message> {
    /// Works that one connection may have under way before its socket is read no further.
    private static var maxUnderWay: Int { 64 }

    /// Messages that wait. No more than one read of the socket brings: there is no other before they are gone.
    private var waiting: Deque<Message> = []
    /// What the message before them waits for: a wait may begin inside of another, and several may begin at once.
    private var suspensions = 0
    private var isHandling = false
    /// Works whose result is not there yet, and for which no later message waits.
    private var underWay = 0
    private var isReadHeld = false

    mutating func received(_ message: Message) { self.waiting.append(message) }

    /// Messages that have come and wait are not handled any more.
    ///
    /// - Returns: those.
    @discardableResult
    mutating func drop() -> Deque<Message> {
        defer { self.waiting = [] }
        return self.waiting
    }

    /// The same, for good.
    ///
    /// - Returns: whether a read was held back, which is to be made now: the client's close frame may be next.
    mutating func end() -> Bool {
        self.waiting = []
        defer { self.isReadHeld = false }
        return self.isReadHeld
    }

    mutating func suspend() { self.suspensions += 1 }

    /// Ends what one ``suspend()`` began.
    mutating func resume() { self.suspensions -= 1 }

    mutating func workBegan() { self.underWay += 1 }

    mutating func workEnded() { self.underWay -= 1 }

    /// Whether everything that has come is handled, and every work has its result.
    var isIdle: Bool { self.waiting.isEmpty && self.suspensions == 0 && !self.isHandling && self.underWay == 0 }

    /// Whether the client has to wait, so that its socket is not read: a pong may lie there too.
    var isHeldBack: Bool { self.suspensions > 0 || self.underWay >= Self.maxUnderWay }

    private func isReceptive(_ hasRoom: Bool) -> Bool { hasRoom && !self.isHeldBack }

    /// - Returns: false where messages are being handled already, further up the stack: that goes on with the next.
    mutating func beginHandling() -> Bool {
        guard !self.isHandling else { return false }
        self.isHandling = true
        return true
    }

    /// What to handle next; nil ends what ``beginHandling()`` began.
    ///
    /// - Parameter hasRoom: whether there is room for what the message leads to: whether the client takes what it is sent, say.
    mutating func next(hasRoom: Bool) -> Message? {
        if self.isReceptive(hasRoom), let message = self.waiting.popFirst() { return message }
        self.isHandling = false
        return nil
    }

    /// Whether the socket may be read now. If not, that is made up for, see ``takeHeldRead(hasRoom:)``.
    mutating func mayRead(hasRoom: Bool) -> Bool {
        let mayRead = self.isReceptive(hasRoom)
        if !mayRead { self.isReadHeld = true }
        return mayRead
    }

    /// Whether a read was held back that may be made now.
    mutating func takeHeldRead(hasRoom: Bool) -> Bool {
        guard self.isReadHeld, self.isReceptive(hasRoom) else { return false }
        self.isReadHeld = false
        return true
    }
}
