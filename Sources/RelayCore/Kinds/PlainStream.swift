import RelayWire

/// The ordinary topic: owned, granted, or public. Its payloads are JSON objects or bytes, as its publishers like.
///
/// It has a name as of ``TopicName/init(_:)``. A channel of Pulse's that can't be called so is `pulse/…` (see ``PulseChannel``), and of the same
/// kind: nothing but the name tells the two apart.
///
/// | who | read, inspect | publish | manage |
/// | --- | --- | --- | --- |
/// | admin, owner | yes | yes | yes |
/// | granted | yes | yes | no |
/// | anyone, public topic | yes | no | no |
/// | anyone, missing topic | read: waits; inspect: missing | creates and owns it, as `create` does | missing |
public struct PlainStream: TopicBehavior {
    public let kind = "stream"
    public let admitsNamedReaders = true

    public init() {}

    public func name(fromPath path: String) -> TopicName? {
        TopicName(path) ?? TopicName(channelPath: path)
    }

    /// Whether such topics can have longer names that begin with `prefix`.
    public static func hasNames(beginning prefix: String) -> Bool {
        guard !prefix.isEmpty else { return false }
        let channel = TopicNaming.channelPrefix.utf8
        if prefix.utf8.starts(with: channel) {
            return Self.isBeginning(ofChannel: prefix.utf8.dropFirst(channel.count))
        }
        return TopicName(prefix + "x") != nil
    }

    /// Whether a channel is written so that goes on: see ``PulseChannel``. The last byte may be cut off.
    private static func isBeginning(ofChannel text: Substring.UTF8View) -> Bool {
        var digits = 0
        for byte in text {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            if digits > 0 {
                guard isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) else { return false }
                digits -= 1
            } else if byte == UInt8(ascii: "_") {
                digits = 2
            } else {
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
                guard isDigit || isLetter else { return false }
            }
        }
        return text.count < TopicNaming.maximumChannelLength
    }

    public func takes(_ format: PayloadFormat) -> Bool { true }

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard let record = access.record else {
            switch action {
            case .create, .read: return .allowed
            case .publish, .inspect, .manage: return .missing
            }
        }
        if principal.isAdmin || record.owner == principal.id { return .allowed }
        switch action {
        case .read, .inspect:
            return record.isPublic || access.grants.contains(principal.id) ? .allowed : .denied
        case .publish:
            return access.grants.contains(principal.id) ? .allowed : .denied
        case .create, .manage:
            return .denied
        }
    }
}
