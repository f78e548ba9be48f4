extension RelayError {
    /// What a 4xx answer other than 401 means.
    static func refusal(_ reply: HTTPReply) -> RelayError {
        RelayError(.refused, status: reply.status, detail: reply.detail, retryAfter: reply.retryAfter)
    }

    /// What an answer means that isn't the one hoped for, to a caller that doesn't try again by itself.
    static func unexpected(_ reply: HTTPReply) -> RelayError {
        switch reply.status {
        case 401: RelayError(.authenticationRequired, status: 401, detail: reply.detail)
        case 400..<500: self.refusal(reply)
        case 500...:
            RelayError(.unavailable, status: reply.status, detail: reply.detail, retryAfter: reply.retryAfter)
        default: RelayError(.invalidReply, status: reply.status, detail: "unexpected status \(reply.status)")
        }
    }

    /// No connection came about, or it broke.
    ///
    /// - Parameter what: what could not be done; the text of the error follows it. A ``TLSFault`` has a text of its own, and `what` is left out.
    static func noConnection(_ what: String, _ error: any Error) -> RelayError {
        if let fault = TLSFault(error) { return fault.relayError }
        return RelayError(.unavailable, detail: "\(what): \(ConnectionFault.text(of: error))", underlying: error)
    }
}
