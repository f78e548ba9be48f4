import Foundation
import NIOCore
import Testing

@testable import RelayServer
@testable import RelaySessions
@testable import RelayWire

/// `/asyncapi.json` has every type of frame that the relay reads and writes, and no others.
@Suite("Description of the frames")
struct AsyncAPITests {
    private let document: JSON

    init() throws {
        self.document = try JSON(DescriptionRoutes.asyncAPI)
    }

    @Test("has every frame that a client says over /ws, and no other")
    func clientFrames() {
        #expect(self.types(of: "sayOnSocket") == Set(ClientFrame.Kind.allCases.map(\.rawValue)))
    }

    @Test("has every frame that the relay says over /ws, and no other")
    func serverFrames() throws {
        let written = try Self.every(ServerFrame.next).map { frame in
            var json = ByteBuffer()
            frame.write(into: &json)
            return try #require(try JSON(json)["type"].text)
        }
        #expect(self.types(of: "hearOnSocket") == Set(written))
        #expect(self.types(of: "hearOnStream").isSubset(of: written))
    }

    @Test("has every action of presence, each where it is said, and no other")
    func presence() throws {
        #expect(self.types(of: "sayOnSocket", member: "action") == Set(PresenceFrame.Action.allCases.map(\.rawValue)))
        let written = try Self.every(PresenceNews.next).map { news in
            var json = ByteBuffer()
            ServerFrame.presence(news).write(into: &json)
            return try #require(try JSON(json)["action"].text)
        }
        #expect(self.types(of: "hearOnSocket", member: "action") == Set(written))
    }

    @Test("has every message that a peer says, and no other")
    func peersMessages() {
        let known = Set(SignalRequest.allCases.map(\.rawValue)).union(SignalType.all.keys)
        #expect(self.types(of: "sayToSession") == known)
    }

    @Test("has every message that a peer hears, and no other")
    func messagesToPeers() throws {
        let notices = try Self.every(SignalNotice.next).map { try Self.type { $0.writeFramed(into: &$1) }($0) }
        let proxies = try Self.every(ProxyNotice.Content.next).map { content in
            let notice = ProxyNotice(session: "s", peer: "a", to: "b", content)
            return try Self.type { notice, frame in frame = notice.framed }(notice)
        }
        // What peers say of proxy frames goes from socket to socket, but for a request and a rejection.
        let others = SignalType.all.keys.filter {
            !$0.hasPrefix("binary_proxy_") || $0 == "binary_proxy_rejected"
        }
        let known = SessionMessageRule.relaysOwn.union(notices).union(proxies).union(others)
        #expect(self.types(of: "hearFromSession") == known)
    }

    @Test("has every message of a room, and no other")
    func rooms() throws {
        let written = try Self.every(RoomNotice.next).map { notice in
            try #require(try Self.json(inFrame: notice.framed)["action"].text)
        }
        #expect(self.types(of: "hearInRoom", member: "action") == Set(written))
        // Each is read as what it is.
        for action in self.types(of: "sayInRoom", member: "action") {
            #expect(RoomFrame(json: ByteBuffer(string: #"{"action":"\#(action)","room":"a"}"#)) != nil, "\(action)")
        }
    }

    @Test("has every frame of Pulse's, each where it is said, and no other")
    func pulse() {
        let (said, heard) = (self.types(of: "sayOnPulse"), self.types(of: "hearOnPulse"))
        #expect(Set(said.union(heard).compactMap { PulseFrameType(name: $0)?.rawValue }) == Set(1...10))
        #expect(said.union(heard).allSatisfy { PulseFrameType(name: $0) != nil })
        #expect(said.subtracting(heard) == ["connect", "subscribe", "unsubscribe"])
        #expect(heard.subtracting(said) == ["connected", "ack", "error"])
    }

    @Test("has a place in each channel for each message of its operations, and an operation for each message")
    func operations() {
        for (name, channel) in self.document["channels"].members {
            let said = self.document["operations"].members.values
                .filter { $0["channel"]["$ref"].text == "#/channels/\(name)" }
                .flatMap { $0["messages"].elements.compactMap { $0["$ref"].text } }
            let there = channel["messages"].members.keys.map { "#/channels/\(name)/messages/\($0)" }
            #expect(Set(said) == Set(there), "\(name)")
        }
    }

    @Test("is of this version")
    func version() {
        #expect(self.document["info"]["version"].text == RelayVersion.current)
    }

    // MARK: What the document has

    private func types(of operation: String, member: String = "type") -> Set<String> {
        let messages = self.document["operations"][operation]["messages"].elements
        return Set(messages.flatMap { self.types(in: $0.resolved(in: self.document)["payload"], member) })
    }

    /// What a schema allows its `type` to be.
    private func types(in schema: JSON, _ member: String) -> [String] {
        let schema = schema.resolved(in: self.document)
        let type = schema["properties"][member]
        let own = [type["const"].text].compactMap { $0 } + type["enum"].elements.compactMap(\.text)
        return own + schema["allOf"].elements.flatMap { self.types(in: $0, member) }
    }

    // MARK: What the relay writes

    /// One of each case: `next` gives another for each, until it has no more. As it is a switch, no case can be forgotten there.
    private static func every<Value>(_ next: (Value?) -> Value?) -> [Value] {
        var all: [Value] = []
        while let value = next(all.last) { all.append(value) }
        return all
    }

    private static func type<Value>(_ write: @escaping (Value, inout ByteBuffer) -> Void) -> (Value) throws -> String {
        { value in
            var frame = ByteBuffer()
            write(value, &frame)
            return try #require(try self.json(inFrame: frame)["type"].text)
        }
    }

    /// Of a WebSocket frame that is no longer than its short head can say, or than the next one.
    private static func json(inFrame frame: ByteBuffer) throws -> JSON {
        let start = try #require(frame.readableBytesView.firstIndex(of: UInt8(ascii: "{")))
        return try JSON(try #require(frame.getSlice(at: start, length: frame.writerIndex - start)))
    }
}

extension ServerFrame {
    fileprivate static func next(_ last: ServerFrame?) -> ServerFrame? {
        let now = Timestamp(microseconds: 0)
        return switch last {
        case nil:
            .message(MessageFields(id: .zero, topic: "a", payload: ByteBuffer(string: "{}"), timestamp: now))
        case .message: .subscribed(.init(topics: [], sessionID: "s", timestamp: now, cursors: [:]))
        case .subscribed: .pong(now)
        case .pong: .error(.init(code: .processing, message: "no"))
        case .error: .gap(GapFields(topic: "a", after: .zero, resumedFrom: nil))
        case .gap:
            .published(requestID: ByteBuffer(string: "1"), PublishReceipt(id: nil, topic: "a", timestamp: now))
        case .published:
            .acked(requestID: ByteBuffer(string: "1"), Acked(topic: "a", messageID: .zero, epoch: nil))
        case .acked: .tokenExpiring(at: now)
        case .tokenExpiring: .authenticated(until: now)
        case .authenticated: .presence(.answer(requestID: ByteBuffer(string: "1"), .left, topic: "a"))
        case .presence: nil
        }
    }
}

extension PresenceNews {
    fileprivate static func next(_ last: PresenceNews?) -> PresenceNews? {
        let id = ByteBuffer(string: "1")
        return switch last {
        case nil: .answer(requestID: id, .joined(connectionID: "c"), topic: "a")
        case .answer(_, .joined, _): .answer(requestID: id, .updated(connectionID: "c"), topic: "a")
        case .answer(_, .updated, _): .answer(requestID: id, .left, topic: "a")
        case .answer(_, .left, _): .answer(requestID: id, .watching, topic: "a")
        case .answer(_, .watching, _): .answer(requestID: id, .unwatched, topic: "a")
        case .answer(_, .unwatched, _): .roster(requestID: id, self.report(.sync([])))
        case .roster: .report(self.report(.sync([])))
        case .report(let report) where report.content == .sync([]):
            .report(self.report(.changes(joined: [], updated: [], left: ["c"])))
        case .report: nil
        }
    }

    private static func report(_ content: PresenceReport.Content) -> PresenceReport {
        PresenceReport(topic: "a", content: content, users: 0, connections: 0, cursor: "0-0")
    }
}

extension SignalNotice {
    fileprivate static func next(_ last: SignalNotice?) -> SignalNotice? {
        switch last {
        case nil:
            .joined(
                Joined(
                    dialect: .g3,
                    session: "s",
                    you: "a",
                    roster: [],
                    host: nil,
                    token: "t",
                    resume: "r",
                    serverTimeMilliseconds: 0
                )
            )
        case .joined: .pong(requestID: nil)
        case .pong: .error(Failure(code: "bad_message", message: "no"))
        case .error: .serverDraining(alternate: "https://other.example.org")
        case .serverDraining: .gap(.session, after: .zero, resumedFrom: nil, epoch: nil)
        case .gap: .kicked(session: "s", reason: "")
        case .kicked: .lockGranted(element: "e", peer: "a", fence: 1, requestID: nil)
        case .lockGranted: .lockDenied(element: "e", holder: nil, reason: "", requestID: nil)
        case .lockDenied: .permissionGranted(element: "e", permission: "edit", requestID: nil)
        case .permissionGranted: .permissionDenied(element: "e", permission: "edit", reason: "", requestID: nil)
        case .permissionDenied: .ticketRenewed(token: "t", expiresAt: 0)
        case .ticketRenewed: nil
        }
    }
}

extension ProxyNotice.Content {
    fileprivate static func next(_ last: ProxyNotice.Content?) -> ProxyNotice.Content? {
        switch last {
        case nil: .accepted(window: 1, maxFrame: 1, sequence: 0)
        case .accepted: .acknowledged(sequence: 0, window: nil)
        case .acknowledged: .closed(reason: "closed", sent: 0, received: 0)
        case .closed: nil
        }
    }
}

extension RoomNotice {
    fileprivate static func next(_ last: RoomNotice?) -> RoomNotice? {
        switch last {
        case nil: .joined(room: "a", clientID: "c")
        case .joined: .failed(text: "no", code: "REFUSED")
        case .failed: nil
        }
    }
}
