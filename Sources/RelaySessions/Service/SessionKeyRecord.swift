public import NIOCore
public import RelayCore
import RelayWire

/// What relays that share a store tell each other of their tickets' keys. The store holds no seed in clear.
struct SessionKeyRecord: Hashable, KindState {
    /// The key that signs.
    var current: PublicKey
    /// The one before, by which tickets are verified that are still out.
    var previous: PublicKey?
    /// When the last ticket that the one before has signed is over; nil where that was not noted.
    var previousUntil: Timestamp?
    /// The current key's seed, sealed under the secret of access tokens. Empty where the relays' configuration has it.
    var sealedSeed: String

    private static let magic: [UInt8] = Array("PRSK".utf8)
    /// What is written. The first version, without ``previousUntil``, is read too.
    private static let version: UInt8 = 2

    init(current: PublicKey, previous: PublicKey? = nil, until: Timestamp? = nil, sealedSeed: String) {
        self.current = current
        self.previous = previous
        self.previousUntil = until
        self.sealedSeed = sealedSeed
    }

    var parts: [TopicName] { [] }

    var document: ByteBuffer {
        var writer = DocumentWriter()
        writer.write(raw: Self.magic)
        writer.write(Self.version)
        writer.write(raw: self.current.bytes)
        writer.write(optional: self.previous) { $0.write(raw: $1.bytes) }
        writer.write(optional: self.previousUntil) { $0.write($1) }
        writer.write(blob: Array(self.sealedSeed.utf8))
        return ByteBuffer(bytes: writer.bytes)
    }

    /// - Returns: nil for what ``document`` did not write.
    init?(_ document: ByteBuffer) {
        do {
            var reader = DocumentReader(Array(document.readableBytesView))
            guard try reader.readRaw(Self.magic.count).elementsEqual(Self.magic) else { return nil }
            let version = try reader.read(UInt8.self)
            guard (1...Self.version).contains(version),
                let current = PublicKey(bytes: Array(try reader.readRaw(Sodium.publicKeyBytes)))
            else { return nil }
            self.current = current
            self.previous = try reader.readOptional { (reader) throws(SessionDocumentError) in
                guard let key = PublicKey(bytes: Array(try reader.readRaw(Sodium.publicKeyBytes))) else {
                    throw .damaged
                }
                return key
            }
            if version >= 2 {
                self.previousUntil = try reader.readOptional { (reader) throws(SessionDocumentError) in
                    try reader.readMoment()
                }
            }
            self.sealedSeed = String(decoding: try reader.readBlob(atMost: 256), as: UTF8.self)
            guard reader.isAtEnd else { return nil }
        } catch {
            return nil
        }
    }
}

/// The topic that has the record of keys. Nobody but the relay sees it.
public struct SessionKeyTopic: TopicBehavior {
    static let name = TopicName(path: "relay/session-keys")
    static let key = TopicKey(name: Self.name)

    public let kind = "session_keys"

    public init() {}

    public func name(fromPath path: String) -> TopicName? {
        path == Self.name.rawValue ? Self.name : nil
    }

    public var hasGlobalNames: Bool { true }

    public func decode(_ state: ByteBuffer) -> (any KindState)? {
        SessionKeyRecord(state)
    }

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        principal.isRelay && access.record != nil ? .allowed : .missing
    }
}
