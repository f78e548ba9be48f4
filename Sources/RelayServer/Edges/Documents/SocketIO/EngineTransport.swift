import NIOCore
import RelayWire

/// Decides what becomes of the packets for the client of an Engine.IO session: they wait until a poll asks for them or a WebSocket takes them.
///
/// Knows polls and WebSockets as values only, which stand for them.
struct EngineTransport<Poll: Sendable, Socket: Equatable & Sendable> {
    /// Who gets packets.
    enum Taker {
        case poll(Poll)
        case socket(Socket)
    }

    /// What becomes of a poll.
    enum PollOutcome {
        /// ``takeNext()`` says when it is answered.
        case waits
        /// Another one waits already: the client has lost count.
        case overlaps
        /// Not its transport any more.
        case refused
    }

    private enum Way {
        case polls
        /// Polls still, but a WebSocket works and may take over. Polls are answered at once, for the client waits for its last one.
        case probed(Socket)
        case socket(Socket, isReady: Bool)
    }

    /// Bytes that may wait; whoever makes more of them waits too.
    static var mostBytes: Int { 64 << 10 }
    /// What a packet costs beside its bytes.
    private static var overhead: Int { 64 }

    private var way: Way
    private var poll: Poll?
    private var packets: [EnginePacket] = []
    /// Bytes that wait.
    private(set) var bytes = 0

    /// - Parameter socket: by which the session was opened; nil where that was a poll.
    init(over socket: Socket? = nil) {
        self.way = socket.map { .socket($0, isReady: true) } ?? .polls
    }

    /// Whether the client takes what it is sent.
    var hasRoom: Bool { self.bytes < Self.mostBytes }

    /// The WebSocket that has the session; nil where polls have it.
    var socket: Socket? {
        if case .socket(let socket, _) = self.way { socket } else { nil }
    }

    /// A WebSocket that may take over.
    var probe: Socket? {
        if case .probed(let socket) = self.way { socket } else { nil }
    }

    /// Whether packets wait for a WebSocket that takes none now: its client may be slow, and is not silent.
    var isStalled: Bool {
        if case .socket(_, isReady: false) = self.way { true } else { false }
    }

    mutating func add(_ packet: EnginePacket) {
        self.packets.append(packet)
        self.bytes += packet.payload.readableBytes + Self.overhead
    }

    /// Who gets what now; nil where nobody is there, or nothing.
    mutating func takeNext() -> (taker: Taker, packets: [EnginePacket])? {
        switch self.way {
        case .polls:
            guard !self.packets.isEmpty, let poll = self.poll.take() else { return nil }
            return (.poll(poll), self.takePackets())
        case .probed:
            guard let poll = self.poll.take() else { return nil }
            return (.poll(poll), self.packets.isEmpty ? [EnginePacket(.noop)] : self.takePackets())
        case .socket(let socket, isReady: true):
            guard !self.packets.isEmpty else { return nil }
            self.way = .socket(socket, isReady: false)
            return (.socket(socket), self.takePackets())
        case .socket(_, isReady: false): return nil
        }
    }

    private mutating func takePackets() -> [EnginePacket] {
        defer {
            self.packets = []
            self.bytes = 0
        }
        return self.packets
    }

    /// A poll has come.
    mutating func polled(_ poll: Poll) -> PollOutcome {
        if case .socket = self.way { return .refused }
        guard self.poll == nil else { return .overlaps }
        self.poll = poll
        return .waits
    }

    /// Takes out the poll that waits.
    mutating func takePoll() -> Poll? { self.poll.take() }

    /// A WebSocket has asked whether it works.
    ///
    /// - Returns: false where another one does.
    mutating func probed(by socket: Socket) -> Bool {
        guard case .polls = self.way else { return false }
        self.way = .probed(socket)
        return true
    }

    /// The WebSocket takes over.
    ///
    /// - Returns: false where it is not the one that has asked before.
    mutating func upgraded(to socket: Socket) -> Bool {
        guard case .probed(socket) = self.way else { return false }
        self.way = .socket(socket, isReady: true)
        return true
    }

    /// The WebSocket has taken what it got, and takes more.
    mutating func ready(_ socket: Socket) {
        if case .socket(socket, _) = self.way { self.way = .socket(socket, isReady: true) }
    }

    /// The WebSocket is gone.
    ///
    /// - Returns: whether the session goes on, by polls.
    mutating func lost(_ socket: Socket) -> Bool {
        switch self.way {
        case .polls: return true
        case .probed(let probe):
            if probe == socket { self.way = .polls }
            return true
        case .socket(let current, _): return current != socket
        }
    }
}
