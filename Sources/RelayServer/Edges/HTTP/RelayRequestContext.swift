import Hummingbird
import RelayAccess

/// What the router's routes and middleware pass along with a request.
struct RelayRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by the route's authentication, if it has one.
    var session: Session?
    /// The client's address, for limits by address.
    let remoteAddress: String

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.remoteAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
