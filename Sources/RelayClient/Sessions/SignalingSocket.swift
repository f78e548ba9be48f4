import NIOCore

/// A peer's socket at `/v1/signaling`, as it is: no message is left out, and no connection is made again.
///
/// Whoever opened it closes it. ``next()`` keeps the tickets that the relay sends.
public struct SignalingSocket: Sendable {
    private let connection: WebSocketConnection
    private let tickets: TicketStore

    init(_ connection: WebSocketConnection, _ tickets: TicketStore) {
        self.connection = connection
        self.tickets = tickets
    }

    /// The next frame; the first is ``SignalingFrame/joined(cursors:)``. One caller at a time. A cancelled wait closes the socket and throws
    /// `CancellationError`.
    ///
    /// - Throws: ``RelayError`` with code `unavailable` once the connection is gone, with the close code where there was one; `invalidReply` for
    ///   nonsense.
    public func next() async throws -> SignalingFrame {
        switch try await self.connection.receive() {
        case .ended(let end): throw RelaySocket.error(for: end)
        case .message(let bytes): return try self.take(bytes)
        }
    }

    private func take(_ bytes: ByteBuffer) throws -> SignalingFrame {
        do throws(JSONDocumentError) {
            let json = try JSONDocument(parsing: bytes.readableBytesView)
            switch json["type"] {
            case "joined":
                self.tickets.take(try json.string("join_token"), resume: try json.string("resume"))
            case "ticket_renewed":
                self.tickets.take(try json.string("join_token"), resume: nil)
            default: break
            }
            return try SignalingFrame.decode(json, of: self.tickets.sessionID)
        } catch {
            throw RelayError(.invalidReply, detail: "this is no relay: \(error)", underlying: error)
        }
    }

    /// Says something on one of the session's topics, which the type decides. Returns once it is written. The relay answers only where it
    /// refuses it: by a ``SignalingFrame/error(code:message:request:isRetryable:)`` with the same `request`.
    ///
    /// - Parameters:
    ///   - payload: an object with a `type`.
    ///   - request: 1 to 256 bytes, a name for this message.
    public func say(_ payload: JSONDocument, request: String) async throws {
        guard case .object(var object) = payload else {
            throw RelayError(.invalidInput, detail: "a message is an object")
        }
        object.append("id", .string(request))
        try await self.send(.object(object))
    }

    /// Leaves the session. It is done once ``next()`` throws for the close code 1000.
    public func leave() async throws { try await self.send(["type": "leave"]) }

    /// Ends the connection.
    public func close() { self.connection.close() }

    func send(_ frame: JSONDocument) async throws {
        do {
            try await self.connection.send(frame.text)
        } catch {
            throw RelayError.noConnection("the connection broke", error)
        }
    }
}

extension SessionMember {
    /// Whether the peer can open a signaling socket now: whether it has what its place is taken back by. Each join brings that anew. A join
    /// whose answer was lost has used it up.
    public var canSignal: Bool { self.tickets.canResume }

    /// Joins the session over a signaling socket, in place of an earlier one, and returns when the peer is in.
    ///
    /// - Parameters:
    ///   - node: at which node of the relay.
    ///   - cursors: by topic, the cursor of the last message that was seen.
    ///   - timeout: for the connection, and again for the relay's answer.
    /// - Returns: the socket, and by topic the cursor after which its next message comes.
    /// - Throws: ``RelayError`` with code `refused` where the relay does not let the peer in.
    public func openSignaling(
        at node: RelayClient,
        cursors: [String: String] = [:],
        timeout: Duration = .seconds(15)
    ) async throws -> (socket: SignalingSocket, cursors: [String: String]) {
        let connection = try await self.client(at: node).openConnection(to: "/v1/signaling", timeout: timeout)
        let socket = SignalingSocket(connection, self.tickets)
        let timer = connection.close(after: TimeAmount(timeout))
        defer { timer.cancel() }
        guard let resume = self.tickets.takeResume() else {
            socket.close()
            throw RelayError(.invalidInput, detail: "this peer has to leave and to come back before it can signal")
        }
        do {
            try await socket.send(self.joinFrame(resume, cursors))
            while true {
                switch try await socket.next() {
                case .joined(let cursors): return (socket, cursors)
                case .error(let code, let text, _, let isRetryable):
                    if isRetryable { self.tickets.putBack(resume) }
                    throw RelayError(isRetryable ? .unavailable : .refused, detail: "\(text) (\(code))")
                case .message, .gap, .other: continue
                }
            }
        } catch {
            socket.close()
            throw error
        }
    }

    private func joinFrame(_ resume: String, _ cursors: [String: String]) -> JSONDocument {
        let known = cursors.map { topic, id in
            (topic == self.topic ? "session" : String(topic.dropFirst(self.topic.count + 1)), JSONDocument.string(id))
        }
        return [
            "type": "join", "session_id": .string(self.sessionID), "peer_id": .string(self.peerID),
            "join_token": .string(self.tickets.ticket), "resume": .string(resume),
            "cursors": .object(JSONObject(known.sorted { $0.0 < $1.0 })),
        ]
    }
}
