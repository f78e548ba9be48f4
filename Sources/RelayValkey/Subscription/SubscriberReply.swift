import NIOCore

/// What comes over a connection with subscriptions.
enum SubscriberReply {
    case message(ValkeyChannel, ByteBuffer)
    case subscribed(ValkeyChannel)
    case unsubscribed(ValkeyChannel)
    case pong
    case error(ValkeyServerError)

    /// Nil if it is none of them.
    init?(_ reply: ValkeyReply) {
        switch reply {
        case .error(let error): self = .error(error)
        case .status("PONG"): self = .pong
        case .array(let values): self.init(values)
        case .string, .status, .integer, .null: return nil
        }
    }

    private init?(_ values: [ValkeyReply]) {
        guard values.count >= 2, let kind = values[0].buffer else { return nil }
        if kind.readableBytesView.elementsEqual("pong".utf8) {
            self = .pong
            return
        }
        guard values.count == 3, let name = values[1].text else { return nil }
        switch String(buffer: kind) {
        case "message": self.init(message: values[2], ValkeyChannel(name))
        case "smessage": self.init(message: values[2], ValkeyChannel(name, isSharded: true))
        case "subscribe": self = .subscribed(ValkeyChannel(name))
        case "ssubscribe": self = .subscribed(ValkeyChannel(name, isSharded: true))
        case "unsubscribe": self = .unsubscribed(ValkeyChannel(name))
        case "sunsubscribe": self = .unsubscribed(ValkeyChannel(name, isSharded: true))
        default: return nil
        }
    }

    private init?(message: ValkeyReply, _ channel: ValkeyChannel) {
        guard let payload = message.buffer else { return nil }
        self = .message(channel, payload)
    }
}

extension SubscriptionTable.Request {
    var command: ValkeyCommand {
        switch self {
        case .subscribe(let channel):
            ValkeyCommand(channel.isSharded ? "SSUBSCRIBE" : "SUBSCRIBE", ValkeyArgument(channel.name))
        case .unsubscribe(let channel):
            ValkeyCommand(channel.isSharded ? "SUNSUBSCRIBE" : "UNSUBSCRIBE", ValkeyArgument(channel.name))
        }
    }
}
