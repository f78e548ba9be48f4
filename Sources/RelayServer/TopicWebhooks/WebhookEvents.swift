import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// Which event a message is to a webhook.
struct WebhookEvents {
    /// Whether the topic is an editing session's, in which the relay itself says who comes and goes.
    private let isSession: Bool

    init(_ topic: Topic) {
        self.isSession = topic.behavior.kind == SessionTopic.rootKind
    }

    func event(of message: Message) -> WebhookEvent {
        guard self.isSession, message.sender == nil else { return .message }
        switch Self.type(of: message.payload) {
        case "peer_joined": return .joined
        case "peer_left": return .left
        default: return .session
        }
    }

    private static func type(of payload: ByteBuffer) -> String? {
        try? RequestFields.decode(payload, names: ["type"]) { $0.requiredText("type") }
    }
}
