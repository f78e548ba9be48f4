import NIOCore
import NIOHTTP1

/// What a peer sends behind a request that is not answered yet.
///
/// The next read is held back until then, so this is what one read brings. When a peer ends its side, however, the system hands over all
/// that it still has. What is too much then is not kept, and the connection ends after the requests before it.
struct PipelinedInput {
    enum Event {
        case part(HTTPServerRequestPart)
        case malformed(HTTPParserError)
        /// More came than is kept.
        case overflow
    }

    /// What one connection may have waiting, bytes.
    private static let maxBytes = 256 << 10
    /// What a head or an end counts as, bytes: about what it takes in memory.
    private static let partBytes = 512

    /// In the order in which they came.
    private var events = CircularBuffer<Event>(initialCapacity: 0)
    /// What waits, bytes.
    private(set) var bytes = 0
    private var hasOverflown = false
    /// Whether somebody asked for a read that was held back.
    var isReadHeld = false
    /// Whether they are being taken out, further up the stack.
    var isBeingTaken = false

    var isEmpty: Bool { self.events.isEmpty }

    mutating func add(_ event: Event) {
        guard !self.hasOverflown else { return }
        self.bytes += Self.cost(event)
        self.hasOverflown = self.bytes > Self.maxBytes
        self.events.append(self.hasOverflown ? .overflow : event)
    }

    mutating func next() -> Event? {
        guard let event = self.events.popFirst() else { return nil }
        self.bytes -= Self.cost(event)
        return event
    }

    mutating func drop() {
        self.events = CircularBuffer(initialCapacity: 0)
        self.bytes = 0
    }

    /// Drops what waits, for lack of room: the first of it is refused, and the connection ends with that.
    ///
    /// - Parameter hasBegun: whether a request has begun that is not complete enough to wait here; it is refused too.
    mutating func overflow(hasBegun: Bool) {
        guard !self.isEmpty || hasBegun else { return }
        self.drop()
        self.hasOverflown = true
        self.bytes = Self.cost(.overflow)
        self.events.append(.overflow)
    }

    private static func cost(_ event: Event) -> Int {
        if case .part(.body(let bytes)) = event { bytes.readableBytes } else { Self.partBytes }
    }
}
