import Hummingbird
import Logging
import RelayAccess

/// What the router's routes and middleware pass along with a request.
struct RelayRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection's other end: the client, or a proxy in front of it.
    let remoteAddress: String
    /// Whether the request has been counted against its client's address.
    var isCounted = false
    /// As the response's `x-request-id` has it.
    var requestID = ""
    /// Nil for nearly all.
    var trace: RequestTrace?
    /// Whether the client is still there.
    var presence = ClientPresence()
    /// As sent: the router sees HEAD as GET.
    var method = ""
    /// As sent, without the query.
    var path = ""
    /// Whose key was proven for this request before it came to its route.
    var proven: Session?

    /// What log lines about it have.
    var names: Logger.Metadata { RequestTrace.names(self.requestID, self.trace) }

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.remoteAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
