import NIOCore
import Synchronization

/// What the members of a topic know of each other, and what that took.
final class PresenceLog: Sendable {
    private struct Member {
        var reading = PresenceReading()
        /// Of reports, since they were counted anew.
        var bytes = 0
    }

    private let members: Mutex<[Member]>

    init(_ count: Int) {
        self.members = Mutex(Array(repeating: Member(), count: count))
    }

    func told(_ member: Int, _ reading: PresenceReading, bytes: Int) {
        self.members.withLock { members in
            members[member].reading = reading
            members[member].bytes += bytes
        }
    }

    /// How many know just those who are there.
    func count(knowing there: PresenceReading) -> Int {
        self.members.withLock { members in members.count { $0.reading == there } }
    }

    /// The most that any of them was told, in bytes; counts anew from here.
    func takeMostBytes() -> Int {
        self.members.withLock { members in
            defer { for place in members.indices { members[place].bytes = 0 } }
            return members.lazy.map(\.bytes).max() ?? 0
        }
    }
}

/// One WebSocket of a member: it watches its topic, joins it, and takes what it is told.
struct PresenceTalk: SocketTalk {
    private let topic: String
    private let number: Int
    private let log: PresenceLog
    /// The id of the connection.
    private let joined: EventLoopPromise<String>
    private let greeting: ByteBuffer
    private var isSubscribed = false
    private var isMember = false
    private var reading = PresenceReading()

    /// - Parameter joined: completed when the relay has taken it as a member, or when it can't be one.
    init(_ dialect: Dialect, topic: String, number: Int, log: PresenceLog, joined: EventLoopPromise<String>) {
        self.greeting = dialect.quietSubscribeFrame
        self.topic = topic
        self.number = number
        self.log = log
        self.joined = joined
    }

    mutating func opened() -> SocketAnswer? { .say(self.greeting) }

    mutating func heard(_ frame: ServerFrame) -> SocketAnswer? {
        guard frame.opcode == .text else { return nil }
        guard self.isSubscribed else {
            self.isSubscribed = true
            var frames = ClientFrame.text(#"{"type":"presence","action":"watch","topic":"\#(self.topic)"}"#)
            let data = #"{"name":"member \#(self.number)","status":"here"}"#
            frames.writeImmutableBuffer(
                ClientFrame.text(
                    #"{"type":"presence","action":"join","topic":"\#(self.topic)","id":1,"data":\#(data)}"#
                )
            )
            return .say(frames)
        }
        switch self.reading.take(frame.payload) {
        case .joined(let id):
            self.isMember = true
            self.joined.succeed(id)
        case .report: self.log.told(self.number, self.reading, bytes: frame.payload.readableBytes)
        case .other: return .giveUp(LoadError.frameRefused(String(buffer: frame.payload)))
        }
        return nil
    }

    mutating func ended(_ error: any Error) { if !self.isMember { self.joined.fail(error) } }
}
