import RelayDocuments

/// One side of a conversation about a room, in either protocol: takes frames apart, and puts words into frames.
///
/// Pure: who owns it sends and receives.
struct RoomTalk {
    /// What is said about a document, whatever the protocol.
    enum Word: Hashable, Sendable {
        /// What the speaker has: a state vector.
        case vector([UInt8])
        /// - isAnswer: whether it is all that the other side lacked.
        case update([UInt8], isAnswer: Bool)
        case awareness([UInt8])
    }

    enum Event: Hashable, Sendable {
        case word(Word)
        /// From now on words may be said.
        case ready
        /// To be sent at once.
        case answer([UInt8])
        /// Something was refused; the conversation goes on.
        case denied(String)
        /// There is no conversation any more, and will be none.
        case ended(String)
    }

    private enum Kind {
        case plain
        case addressed([UInt8], token: String)
    }

    private let kind: Kind
    private(set) var isReady: Bool

    /// With y-websocket's server or a relay.
    init() {
        self.kind = .plain
        self.isReady = true
    }

    /// With Hocuspocus' server.
    init(about room: String, token: String) {
        self.kind = .addressed(Array(room.utf8), token: token)
        self.isReady = false
    }

    // MARK: Speaking

    /// What is said first.
    var opening: [[UInt8]] {
        guard case .addressed(_, let token) = self.kind else { return [] }
        return [self.framed(HocuspocusFrame.token(token))]
    }

    /// Something that changes nothing. Hocuspocus' server closes where it hears nothing for a minute.
    var signOfLife: [UInt8] { self.framed(DocumentFrame.queryAwareness) }

    /// Updates are said as answers to a question: then a server that has all of it says nothing, where it would send back a change.
    func frame(_ word: Word) -> [UInt8] {
        switch word {
        case .vector(let vector): self.framed(DocumentFrame.step1(encoded: vector))
        case .update(let update, _): self.framed(DocumentFrame.step2(update))
        case .awareness(let update): self.framed(DocumentFrame.awareness(update))
        }
    }

    private func framed(_ message: [UInt8]) -> [UInt8] {
        guard case .addressed(let room, _) = self.kind else { return message }
        return HocuspocusFrame.address(room) + message
    }

    // MARK: Hearing

    /// - Throws: where the other side speaks something else.
    mutating func take(_ bytes: [UInt8]) throws(DocumentError) -> [Event] {
        switch self.kind {
        case .plain: return try Self.plain(bytes)
        case .addressed(let room, let token): return try self.addressed(bytes, room, token)
        }
    }

    /// A frame may have several messages. Behind one of an unknown type nothing can be read.
    private static func plain(_ bytes: [UInt8]) throws(DocumentError) -> [Event] {
        var events: [Event] = []
        var offset = 0
        while offset < bytes.count {
            if let event = self.event(try DocumentMessage.next(in: bytes.span, at: &offset), in: bytes) {
                events.append(event)
            }
        }
        return events
    }

    private mutating func addressed(_ bytes: [UInt8], _ room: [UInt8], _ token: String) throws(DocumentError) -> [Event]
    {
        if HocuspocusMessage.isHeartbeat(bytes) {
            return bytes == HocuspocusFrame.pong ? [] : [.answer(HocuspocusFrame.pong)]
        }
        let answer = try HocuspocusAnswer(bytes.span)
        guard bytes[answer.address].elementsEqual(room) else { return [] }
        switch answer.content {
        case .plain(let message): return Self.event(message, in: bytes).map { [$0] } ?? []
        case .wantsToken: return [.answer(self.framed(HocuspocusFrame.token(token)))]
        case .denied(let reason): return [.ended(String(decoding: bytes[reason], as: UTF8.self))]
        case .closed(let reason): return [.ended(String(decoding: bytes[reason], as: UTF8.self))]
        case .accepted:
            // Once more, where a token was said anew.
            guard !self.isReady else { return [] }
            self.isReady = true
            return [.ready]
        case .other: return []
        }
    }

    private static func event(_ message: DocumentMessage, in bytes: [UInt8]) -> Event? {
        switch message {
        case .step1(let range): .word(.vector(Array(bytes[range])))
        case .step2(let range): .word(.update(Array(bytes[range]), isAnswer: true))
        case .update(let range): .word(.update(Array(bytes[range]), isAnswer: false))
        case .awareness(let range): .word(.awareness(Array(bytes[range])))
        case .denied(let range): .denied(String(decoding: bytes[range], as: UTF8.self))
        case .queryAwareness, .unknown: nil
        }
    }
}

extension RoomTalk.Word {
    /// Whether it says that there is nothing to say.
    var isNothing: Bool {
        switch self {
        case .vector: false
        case .update(let update, _): update == Update.empty.bytes
        case .awareness(let update): update == [0]
        }
    }
}

extension DocumentSource {
    func talk(about room: String) -> RoomTalk {
        switch self.dialect {
        case .yWebsocket: RoomTalk()
        case .hocuspocus: RoomTalk(about: room, token: self.token)
        }
    }
}
