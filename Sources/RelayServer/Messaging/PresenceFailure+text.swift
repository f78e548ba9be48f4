import RelayPresence

extension PresenceFailure {
    /// What a client is told, over every protocol.
    var clientText: String {
        switch self {
        case .notMember: "No member of this topic: join first"
        case .dataTooLarge(let limit): "The data of a member is at most \(limit) bytes of JSON"
        case .tooManyTopics(let limit): "A connection is a member of \(limit) topics at most"
        case .tooManyMembers(let limit): "You are a member \(limit) times, as often as a user may be"
        case .full: "The topic has as many members as it may have"
        case .overloaded: "Server is overloaded, try again later"
        case .stopping: "The relay is stopping"
        case .ended: "The topic can't be read any more"
        case .broker(let error): error.clientText
        }
    }
}
