public import NIOCore

/// What somebody does with a request. All calls come on the connection's loop, never from within a call that the handler itself makes.
///
/// A request keeps its handler until ``requestClosed(_:)``, which is the last call and comes always.
public protocol HTTP3RequestHandler: AnyObject {
    /// A part of the body, not empty. The peer may send as much more only after ``HTTP3Request/grant(_:)``.
    func request(_ request: HTTP3Request, received bytes: ByteBuffer)

    /// All of the request has come.
    func requestEnded(_ request: HTTP3Request)

    /// Something of the answer has reached the peer, or was given up: see ``HTTP3Request/held``.
    func requestReleased(_ request: HTTP3Request)

    /// The peer wants no answer any more, or sends no more of the request; or what it sends is malformed.
    func requestWasCancelled(_ request: HTTP3Request)

    /// Both directions are done, or the connection is over.
    func requestClosed(_ request: HTTP3Request)
}
