import NIOCore

/// What follows the first part of a reply's body. Each part is made when the client has taken the one before. So a client that does not
/// read costs one part, however long the reply is.
protocol ReplyRest: Sendable {
    /// - Returns: the next part, and what follows it; no rest at the end.
    /// - Throws: where the body can't be gone on with. The connection is closed then, so that the client does not take what it has for all.
    func next() async throws -> (part: ByteBuffer, rest: (any ReplyRest)?)
}
