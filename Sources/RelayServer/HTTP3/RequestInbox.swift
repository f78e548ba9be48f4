import NIOCore
import NIOHTTP1

/// What has come for a request's channel and was not asked for yet. Its bytes are bounded by the stream's credit, which goes back when they are
/// taken.
struct RequestInbox {
    enum Item {
        case part(HTTPServerRequestPart)
        /// The client sends nothing more.
        case inputEnded
    }

    private var items: [Item] = []
    private(set) var bytes = 0

    var isEmpty: Bool { self.items.isEmpty }

    mutating func add(_ item: Item) {
        guard case .part(.body(let bytes)) = item else { return self.items.append(item) }
        self.bytes += bytes.readableBytes
        guard case .part(.body(var waiting)) = self.items.last else { return self.items.append(item) }
        // Parts cost more than bytes: a client may send a byte at a time.
        self.items.removeLast()
        waiting.writeImmutableBuffer(bytes)
        self.items.append(.part(.body(waiting)))
    }

    /// - Returns: all of it, and how many bytes that is.
    mutating func take() -> (items: [Item], bytes: Int) {
        defer { self = RequestInbox() }
        return (self.items, self.bytes)
    }
}
