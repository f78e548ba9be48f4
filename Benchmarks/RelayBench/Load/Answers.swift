import NIOCore

/// What a run of requests on one connection brought.
struct Answers: Sendable {
    var count = 0
    var lastBody = ByteBuffer()
}
