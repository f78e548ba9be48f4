/// Message bodies. All servers are sent the same ones, and topic names mean something to the relay only.
enum Payload {
    static let topic = "bench"

    /// A JSON object of exactly `size` bytes; 8 at least.
    static func plain(size: Int) -> String {
        #"{"p":""# + String(repeating: "x", count: max(0, size - 8)) + #""}"#
    }

    /// A JSON object of exactly `size` bytes that carries a ``LatencyStamp``; 36 at least.
    static func stamped(size: Int) -> String {
        let padding = String(repeating: "x", count: max(0, size - 36))
        return #"{"t":""# + LatencyStamp.now() + #"","p":""# + padding + #""}"#
    }

    /// What a peer says in a session.
    static func chat() -> String { #"{"type":"chat","text":""# + LatencyStamp.now() + #""}"# }

    /// The body of a publish.
    static func message(_ payload: String, topic: String = Payload.topic) -> String {
        #"{"topic":"\#(topic)","payload":\#(payload)}"#
    }

    /// A publish over a WebSocket.
    static func frame(_ payload: String) -> String {
        #"{"type":"publish","id":1,"topic":"\#(Self.topic)","payload":\#(payload)}"#
    }

    /// The body of a bulk publish.
    static func bulk(_ payload: String, count: Int) -> String {
        #"{"messages":["# + Array(repeating: Self.message(payload), count: count).joined(separator: ",") + "]}"
    }
}
