import RelayClient
import Testing

/// A WebSocket that stays where it is: it never connects again.
struct Socket {
    private let socket: RelaySocket

    /// Subscribed to topics when this returns.
    ///
    /// - Parameter cursor: in the first of them.
    static func open(
        on node: Node,
        _ topics: String...,
        after cursor: String? = nil,
        from start: SubscriptionStart = .last
    ) async throws -> Socket {
        let client = RelayClient(
            endpoint: try RelayEndpoint(node.url),
            credentials: .password(username: Visitor.username, password: Visitor.password),
            configuration: RelayClientConfiguration()
        )
        let cursors = cursor.map { [topics[0]: $0] } ?? [:]
        let socket = try await client.openSocket(SubscriptionOptions(topics: topics, start: start, cursors: cursors))
        guard case .subscribed = try await socket.next() else {
            socket.close()
            throw NotInTime(description: "the first frame is no 'subscribed'")
        }
        return Socket(socket: socket)
    }

    func close() {
        self.socket.close()
    }

    /// Reads on until that payload has come.
    ///
    /// - Returns: all payloads, as text.
    func payloads(through last: String) async throws -> [String] {
        var payloads: [String] = []
        while payloads.last != last {
            if case .message(let message) = try await self.socket.next() { payloads.append(message.payload.text) }
        }
        return payloads
    }

    /// Reads on until that message has come.
    ///
    /// - Returns: the ids of the messages, and between them where gaps ended.
    func story(through last: StreamID) async throws -> [String] {
        var story: [String] = []
        while story.last != "\(last)" {
            switch try await self.socket.next() {
            case .message(let message): story.append(message.messageID)
            case .gap(let gap): story.append("gap to \(gap.resumedFrom ?? "nothing")")
            default: continue
            }
        }
        return story
    }

    /// Reads until it ends.
    ///
    /// - Returns: the close code.
    func end() async -> Int? {
        do {
            while true { _ = try await self.socket.next() }
        } catch {
            return (error as? RelayError)?.closeCode
        }
    }
}
