import NIOCore
import RelayWire

extension PulseClientFrame {
    /// As a client writes it, with the length in front; nil for a server's frame, of which nothing is kept.
    var encoded: ByteBuffer? {
        var members: [(String, (inout ByteBuffer) -> Void)] = []
        func add(_ name: String, _ write: @escaping (inout ByteBuffer) -> Void) { members.append((name, write)) }
        func add(_ name: String, _ number: UInt64?) {
            number.map { number in add(name) { $0.pack(number) } }
        }
        func add(_ name: String, _ text: String?) { text.map { text in add(name) { $0.pack(text: text) } } }
        switch self {
        case .connect(let version, let token):
            add("type", "connect")
            add("version", UInt64(version))
            add("token", token)
        case .subscribe(let id, let channel, let since, let way):
            add("type", "subscribe")
            add("id", id)
            add("channel", channel)
            add("since", since)
            if way.hasStream { add("stream") { $0.pack(true) } }
            if way.hasDatagrams { add("datagram") { $0.pack(true) } }
        case .unsubscribe(let id, let channel):
            add("type", "unsubscribe")
            add("id", id)
            add("channel", channel)
        case .publish(let id, let channel, let event, let payload):
            add("type", "publish")
            add("id", id)
            add("channel", channel)
            add("event", event)
            add("payload") { $0.pack(binary: payload) }
        case .presence(let id, let channel, let action, let data):
            add("type", "presence")
            add("id", id)
            add("channel", channel)
            add("action", UInt64(action.rawValue))
            if let data { add("data") { try? MessagePackJSONValue(data).put(into: &$0) } }
        case .ping(let timestamp):
            add("type", "ping")
            add("timestamp", timestamp)
        case .pong(let timestamp):
            add("type", "pong")
            add("timestamp", timestamp)
        case .ofServer: return nil
        }
        var map = ByteBuffer()
        map.pack(mapOf: members.count)
        for (name, write) in members {
            map.pack(text: name)
            write(&map)
        }
        var frame = ByteBuffer(integer: UInt32(map.readableBytes))
        frame.writeImmutableBuffer(map)
        return frame
    }
}
