import NIOHTTP1
import RelayCore

/// Why a client's readers join none of the topics that it asked for.
enum JoinRefusal: Error, Hashable {
    /// The user follows as many topics as it may.
    case tooManySubscriptions
    /// There is no room for what readers hold.
    case overloaded
    /// There is no place for one more named reader, or the topic's kind has none.
    case namedReader(BrokerError)
    /// The user may not read one of the topics, or the store can't tell.
    case broker(BrokerError)

    /// What a client is told, over every protocol.
    var clientText: String {
        switch self {
        case .tooManySubscriptions: "Too many subscriptions"
        case .overloaded: BrokerError.overloaded.clientText
        case .namedReader(let error), .broker(let error): error.clientText
        }
    }
}

extension Reply {
    init(_ refusal: JoinRefusal) {
        switch refusal {
        case .tooManySubscriptions: self.init(.tooManyRequests, detail: refusal.clientText)
        case .overloaded: self.init(BrokerError.overloaded)
        case .namedReader(let error), .broker(let error): self.init(error)
        }
    }
}
