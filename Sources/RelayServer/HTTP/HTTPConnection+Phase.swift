import NIOCore

extension HTTPConnection {
    /// Where a connection is in its dialogue.
    enum Phase {
        /// Between requests. Left by a head.
        case idle
        /// A head has come, and its route decides whether to take the body. Left when it has.
        case admitting(Exchange)
        /// The body is coming. Left by its end, or by a refusal.
        case receiving(Exchange)
        /// A request is complete, but the peer has not taken the answers before it. Left when the socket takes bytes again:
        /// who pipelines requests and reads no answers must not fill memory with them.
        case holding(Exchange)
        /// A route has the request. Left when it has answered.
        case answering(Exchange)
        /// Answered before the request was complete. The rest of it is taken and dropped: closing with unread bytes in the socket would
        /// reset the connection under the answer. Left at the request's end, when the peer falls silent, or after a time that no byte
        /// extends. The connection ends with it where `answered` is set, else it goes on.
        case refused(until: NIODeadline, answered: EventLoopFuture<Void>?)
        /// Answered, and about to close: whatever comes is dropped.
        case discarding
        /// Gone, or handed over to another protocol. Final.
        case closed

        /// The request that is on its way to an answer.
        var exchange: Exchange? {
            switch self {
            case .admitting(let exchange), .receiving(let exchange), .holding(let exchange), .answering(let exchange):
                exchange
            case .idle, .refused, .discarding, .closed: nil
            }
        }

        /// Whether nothing behind the current request may be heard yet.
        var isBusy: Bool {
            switch self {
            case .admitting, .holding, .answering: true
            case .idle, .receiving, .refused, .discarding, .closed: false
            }
        }
    }
}

extension HTTPConnection {
    var facts: ConnectionFacts? { self.phase.exchange?.connectionFacts ?? ConnectionFacts(.http) }
}
