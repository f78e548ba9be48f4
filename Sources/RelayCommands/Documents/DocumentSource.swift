import RelayClient

/// A server whose rooms are brought over: where it is, what it speaks, and who it is told one is.
public struct DocumentSource: Hashable, Sendable {
    public enum Dialect: String, CaseIterable, Sendable {
        /// What y-websocket's server and its like speak: a WebSocket for each room, which is in the path.
        case yWebsocket = "y-websocket"
        /// What Hocuspocus' server speaks: the room is in each message, and so is the token.
        case hocuspocus
    }

    /// The longest message that is taken, bytes: a whole room is one.
    static let maxMessageBytes = 64 << 20

    public let dialect: Dialect
    private let base: WebSocketAddress
    private let parameters: [String]
    let token: String

    /// - Parameters:
    ///   - address: what its clients have: for y-websocket without the room.
    ///   - dialect: what it speaks.
    ///   - token: who one is; nil: the server asks for nothing. y-websocket's clients say it as the parameter `token`.
    ///   - parameters: of the address, each `name=value`.
    /// - Throws: ``UsageError`` or `RelayError` where they can't be used.
    public init(_ address: String, _ dialect: Dialect, token: String?, parameters: [String]) throws {
        self.base = try WebSocketAddress(address)
        self.dialect = dialect
        self.parameters = parameters
        self.token = token ?? ""
        for pair in parameters where !pair.contains("=") {
            throw UsageError("'\(pair)' is no parameter: write name=value")
        }
    }

    /// Where a room's WebSocket is opened.
    func address(of room: String) -> WebSocketAddress {
        var pairs = self.parameters.map { pair in
            let place = pair.firstIndex(of: "=") ?? pair.endIndex
            return (String(pair[..<place]), String(pair[place...].dropFirst()))
        }
        switch self.dialect {
        case .hocuspocus: return self.base.appending(query: pairs)
        case .yWebsocket:
            if !self.token.isEmpty { pairs.append(("token", self.token)) }
            return self.base.appending(room: room).appending(query: pairs)
        }
    }

    /// How long it may take for each of its words.
    private static let patience = Duration.seconds(30)

    /// What it says next.
    ///
    /// - Throws: `RelayError` where that takes too long.
    static func next(from socket: ByteSocket) async throws -> [UInt8] {
        try await Patience.wait(Self.patience, "the other server says nothing") { try await socket.next() }
    }

    /// - Throws: `RelayError` where it can't be reached, or does not let the room's client in.
    func open(_ room: String) async throws -> ByteSocket {
        try await ByteSocket.open(self.address(of: room), maxMessageBytes: Self.maxMessageBytes)
    }
}
