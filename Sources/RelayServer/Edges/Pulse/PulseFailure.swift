import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// Why a request of a client's has failed, as its `error` frame says it.
struct PulseFailure: Error, Hashable {
    let code: PulseErrorCode
    /// For people.
    let message: String

    init(_ code: PulseErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    static let invalidChannel = PulseFailure(
        .invalidChannel,
        "A channel is 1 to \(PulseChannel.maximumLength) printable characters of ASCII, the first of which is no $"
    )
    static let unauthorized = PulseFailure(.unauthorized, "Show a token first, in a connect frame")
    static let notSubscribed = PulseFailure(.notSubscribed, "Not subscribed to this channel")
    static let noPresence = PulseFailure(.forbidden, "Presence is not enabled in this channel")
    static let alreadySubscribed = PulseFailure(.alreadySubscribed, "Subscribed to this channel already")

    init(_ error: BrokerError) {
        let code: PulseErrorCode =
            switch error {
            case .denied, .missing, .refused: .forbidden
            case .quota, .full, .overloaded, .tooManyWaiting: .rateLimited
            case .exists, .moved, .store: .serverError
            }
        self.init(code, error.clientText)
    }

    init(_ refusal: JoinRefusal) {
        switch refusal {
        case .tooManySubscriptions, .overloaded: self.init(.rateLimited, refusal.clientText)
        case .namedReader(let error), .broker(let error): self.init(error)
        }
    }

    init(_ failure: PresenceFailure) {
        let code: PulseErrorCode
        switch failure {
        case .notMember: code = .notSubscribed
        case .dataTooLarge: code = .payloadTooLarge
        case .tooManyTopics, .tooManyMembers, .full, .overloaded: code = .rateLimited
        case .stopping: code = .connectionClosing
        case .ended: code = .channelNotFound
        case .broker(let error):
            self.init(error)
            return
        }
        self.init(code, failure.clientText)
    }

    /// Why a subscription has ended by itself.
    init(_ reason: ReaderEnd, of topic: TopicName) {
        let channel = PulseChannel.channel(ofTopic: topic.rawValue) ?? topic.rawValue
        switch reason {
        case .accessLost: self.init(.forbidden, "Access to channel '\(channel)' was withdrawn")
        case .topicDeleted: self.init(.channelNotFound, "Channel '\(channel)' was deleted")
        case .storeFailed(let error): self.init(.store(error))
        }
    }

    /// What stands against a token, or against what its user wants.
    init(_ error: AccessError) {
        let code: PulseErrorCode =
            switch error.status {
            case 403: .forbidden
            case 429: .rateLimited
            case 500...: .serverError
            default: .unauthorized
            }
        self.init(code, error.detail)
    }
}
