import RelayAccess
import RelayCore

extension BrokerError {
    /// What a client is told, over every protocol.
    var clientText: String {
        switch self {
        case .denied: "Access denied to one or more requested topics"
        case .missing: "Topic not found"
        case .exists: "Topic already exists"
        case .refused(let refusal): refusal.detail
        case .quota(.topicsOfUser(let limit)): "You own \(limit) topics, the most that a user may own"
        case .quota(.grantsOnTopic(let limit)):
            "\(limit) users have access to this topic, the most that it may be granted to"
        case .quota(.readersOfTopic(let limit)):
            "The topic has \(limit) named readers, the most that a topic may have"
        case .quota(.readersOfUser(let limit)): "You have \(limit) named readers, the most that a user may have"
        case .full: "The relay has no room for more topics"
        case .moved: "Topic changed, try again"
        case .overloaded: AccessError(.overloaded).detail
        case .tooManyWaiting: "Too many of your messages wait to be stored, try again later"
        case .store(let error) where error.code == .undurable: "Storage can't give the topic's durability at the moment"
        case .store(let error) where error.code == .corrupt: "Stored data can't be read"
        case .store(let error) where error.code == .full: "Storage is full"
        case .store: "Storage temporarily unavailable"
        }
    }
}

extension ReaderEnd {
    /// What a client is told that goes on without the topic, or comes back.
    func clientText(of topic: TopicName) -> String {
        switch self {
        case .accessLost: "Access to topic '\(topic)' was withdrawn"
        case .topicDeleted: "Topic '\(topic)' was deleted"
        case .storeFailed(let error): BrokerError.store(error).clientText
        }
    }
}
