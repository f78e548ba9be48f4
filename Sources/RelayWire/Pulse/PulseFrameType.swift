/// What a frame of Pulse's is, with the numbers of the protocol's document. Frames that are written name it, frames that are read may have
/// either.
enum PulseFrameType: UInt64 {
    case subscribe = 1
    case unsubscribe = 2
    case publish = 3
    case presence = 4
    case ack = 5
    case error = 6
    case ping = 7
    case pong = 8
    case connect = 9
    case connected = 10

    init?(name: String) {
        switch name {
        case "subscribe": self = .subscribe
        case "unsubscribe": self = .unsubscribe
        case "publish": self = .publish
        case "presence": self = .presence
        case "ack": self = .ack
        case "error": self = .error
        case "ping": self = .ping
        case "pong": self = .pong
        case "connect": self = .connect
        case "connected": self = .connected
        default: return nil
        }
    }
}
