public import RelayCore

/// Why somebody did not join, was not changed, or was not shown who is there. Nothing of it was done, but for `ended`.
public enum PresenceFailure: Error {
    /// Who is to be changed is no member: join first.
    case notMember
    /// The data is longer than ``PresenceSettings/maxDataBytes``. With that bound.
    case dataTooLarge(Int)
    /// The connection is a member of as many topics as it may be. With that bound.
    case tooManyTopics(Int)
    /// The user is a member as often as it may be. With that bound.
    case tooManyMembers(Int)
    /// The topic has as many members as it may have, or as much of their data.
    case full
    /// The relay has no room for it now: come back later.
    case overloaded
    /// The relay stops: connect to another.
    case stopping
    /// The seat has ended meanwhile, and with it the membership.
    case ended
    /// The topic may not be read, does not exist and may not be made, or the store does not answer. A store whose outcome is not known may
    /// show it for a moment: the relay takes it back.
    case broker(BrokerError)
}
