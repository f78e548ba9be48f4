import NIOCore
import RelayWire

/// What a peer's payload says of itself, as far as the relay reads it. Everything else in it is the peers' own.
struct PeerMessage {
    /// `type`; nil where there is none.
    private(set) var type: String?
    /// `to_peer_id` or `to`; nil where there is neither.
    private(set) var recipient: PeerID?

    /// - Parameters:
    ///   - payload: a JSON object, as the relay has checked.
    ///   - session: where it is published.
    ///   - sender: who publishes it.
    init(_ payload: ByteBuffer, in session: SessionID, from sender: PeerID) throws(PeerMessageProblem) {
        do {
            var scanner = JSONScanner(payload)
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                guard let member = Self.members.first(where: { scanner.text(of: name, is: $0.name) }) else { continue }
                try self.take(member.meaning, scanner.text(of: value), in: session, from: sender)
            }
        } catch let problem as PeerMessageProblem {
            throw problem
        } catch {
            throw .notAnObject
        }
    }

    private enum Meaning {
        case type
        case recipient
        case sender
        case session
    }

    private static let members: [(name: StaticString, meaning: Meaning)] = [
        ("type", .type), ("to_peer_id", .recipient), ("to", .recipient), ("peer_id", .sender),
        ("from_peer_id", .sender), ("session_id", .session),
    ]

    /// - Parameter text: nil for what is no string.
    private mutating func take(
        _ meaning: Meaning,
        _ text: String?,
        in session: SessionID,
        from sender: PeerID
    ) throws(PeerMessageProblem) {
        switch meaning {
        case .type:
            // Of two types one reader takes the first, and another the last.
            guard let text, self.type == nil else { throw .typeIsNoText }
            self.type = text
        case .recipient:
            guard let text, let peer = PeerID(text), self.recipient ?? peer == peer else { throw .noRecipient }
            self.recipient = peer
        case .sender:
            guard let text, PeerID(text) == sender else { throw .otherSender }
        case .session:
            guard let text, SessionID(text) == session else { throw .otherSession }
        }
    }
}

/// Why a payload can't be published by its peer. The text is for the peer.
enum PeerMessageProblem: Error, Hashable {
    case notAnObject
    case typeIsNoText
    /// It names nobody who could get it, or two.
    case noRecipient
    /// It says that somebody else sent it.
    case otherSender
    /// It says that it is for another session.
    case otherSession

    var text: String {
        switch self {
        case .notAnObject: "A message has to be a JSON object"
        case .typeIsNoText: "A message's type has to be one string"
        case .noRecipient: "to_peer_id has to name one peer"
        case .otherSender: "peer_mismatch: peer_id is not yours"
        case .otherSession: "peer_mismatch: session_id is another session's"
        }
    }
}
