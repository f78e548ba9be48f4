import NIOHTTP1
import RelayAccess

/// A request's head as the scanner has read it, with what was found out about it.
///
/// A client sends the same head with every message, so its loop keeps one of these for it (see ``HeadTexts``): the next request that
/// begins with the same bytes needs no scan, and no search for its token. Lives on its loop.
final class KnownHead {
    let head: HTTPRequestHead
    let facts: HeadFacts
    /// The head's size, bytes.
    let size: Int
    /// The size of the body behind it, bytes.
    let bodySize: Int
    /// What its token stands for, once that was found. Whether it still does is asked each time.
    var session: Session?
    /// All of its bytes; empty where it is not kept.
    let bytes: [UInt8]

    init(_ head: HTTPRequestHead, size: Int, bodySize: Int, bytes: [UInt8]) {
        self.head = head
        self.facts = HeadFacts(head.headers)
        self.size = size
        self.bodySize = bodySize
        self.bytes = bytes
    }
}
