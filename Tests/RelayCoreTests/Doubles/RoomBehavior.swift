import NIOCore
import RelayCore
import Synchronization

/// A kind that keeps a state: who is in a room, and as whose peer. `room/ID` is a topic, and `room/ID/talk` a part of it that is kept nowhere.
struct Room: KindState, Equatable {
    let name: TopicName
    /// Peers, and the users whose they are.
    var peers: [String: UserID] = [:]

    var parts: [TopicName] { [TopicName(path: "\(self.name)/talk")] }

    var bytes: ByteBuffer {
        let peers = self.peers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ByteBuffer(string: ([self.name.rawValue] + peers).joined(separator: " "))
    }

    init(_ name: TopicName) {
        self.name = name
    }

    init?(_ bytes: ByteBuffer) {
        let words = String(buffer: bytes).split(separator: " ").map(String.init)
        guard let name = words.first else { return nil }
        self.name = TopicName(path: name)
        for word in words.dropFirst() {
            let parts = word.split(separator: "=").map(String.init)
            guard parts.count == 2 else { return nil }
            self.peers[parts[0]] = UserID(parts[1])
        }
    }

    /// Who acts as one of its peers, or the relay.
    func admits(_ principal: Principal) -> Bool {
        if principal.isRelay { return true }
        guard let peer = principal.peer else { return self.peers.values.contains(principal.id) }
        return peer.ticket != nil ? self.peers[peer.id] != nil : self.peers[peer.id] == principal.id
    }
}

struct RoomBehavior: TopicBehavior {
    let kind = "room"
    /// How often a state was decoded.
    let decodings = Count()

    func name(fromPath path: String) -> TopicName? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0] == "room" && !parts[1].isEmpty ? TopicName(path: path) : nil
    }

    var hasGlobalNames: Bool { true }
    var hasPeers: Bool { true }

    func decode(_ state: ByteBuffer) -> (any KindState)? {
        self.decodings.add()
        return Room(state)
    }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard access.record != nil else { return .missing }
        guard let room = access.state as? Room, room.admits(principal), action != .manage else { return .denied }
        return .allowed
    }

    func retention(configured: Retention) -> Retention { Retention(maxAgeSeconds: nil) }
}

struct TalkBehavior: TopicBehavior {
    let kind = "talk"

    func name(fromPath path: String) -> TopicName? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "room", !parts[1].isEmpty, parts[2] == "talk" else { return nil }
        return TopicName(path: path)
    }

    func root(of name: TopicName) -> TopicName? {
        TopicName(path: name.rawValue.split(separator: "/").dropLast().joined(separator: "/"))
    }

    var hasGlobalNames: Bool { true }
    var hasPeers: Bool { true }
    var tier: StreamTier { .hot }
    var hidesMessages: Bool { true }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard access.record != nil else { return .missing }
        guard let room = access.state as? Room, room.admits(principal) else { return .denied }
        switch action {
        case .publish: return principal.peer != nil || principal.isRelay ? .allowed : .denied
        case .read, .inspect: return .allowed
        case .create, .manage: return .denied
        }
    }

    /// `@name` in the metadata addresses a message; without it all others get it.
    func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        var draft = draft
        draft.sender = principal.peer?.id
        let text = draft.metadata.map { String(buffer: $0) } ?? ""
        draft.audience = text.hasPrefix("@") ? .one(String(text.dropFirst())) : .others
        return draft
    }

    func retention(configured: Retention) -> Retention { Retention(maxMessages: 50, maxAgeSeconds: 30) }

    func isVisible(_ message: Message, to principal: Principal) -> Bool { message.isFor(principal.peer?.id) }
}

/// Counts from any thread.
final class Count: Sendable {
    private let counted = Atomic<Int>(0)

    var value: Int { self.counted.load(ordering: .relaxed) }

    func add() { self.counted.add(1, ordering: .relaxed) }
}
