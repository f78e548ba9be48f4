import NIOCore
import RelayCore
import RelayWire

/// Relays tell each other of paths by messages on a session's presence topic, where the newest of each relay takes the place of the one before. No
/// client gets them.
extension PathNews {
    private static let type = "relay_paths"

    /// No peer has this name, since it has a control character.
    static let audience = Audience.one("\u{1}relays")

    /// Which messages take each other's place; nil for one of another kind.
    static func key(_ sender: String?, _ audience: Audience, _ payload: ByteBuffer) -> String? {
        guard sender == nil, audience == Self.audience else { return nil }
        return Self.relay(of: payload).map { "r/\($0)" }
    }

    private static func relay(of payload: ByteBuffer) -> String? {
        (try? RequestFields.decode(payload, names: ["relay"]) { $0.requiredText("relay") }) ?? nil
    }

    var draft: Draft {
        var json = PayloadObject()
        json.add("type", Self.type)
        json.add("relay", self.relay)
        json.add("told_at", self.toldAt.microseconds)
        json.add("paths", self.paths.map { path in { path.write(into: &$0) } })
        // A relay that knows nothing any more leaves nothing.
        let ttl: Int64? = self.paths.isEmpty ? 1 : nil
        return Draft(timestamp: self.toldAt, payload: json.finish(), ttl: ttl, audience: Self.audience)
    }

    /// - Returns: nil for a message that is none of these.
    init?(_ message: Message) {
        guard message.sender == nil, message.audience == Self.audience else { return nil }
        let found = try? RequestFields.decode(message.payload, names: ["relay", "told_at", "paths"]) { fields in
            let (relay, toldAt) = (fields.requiredText("relay"), fields.integer("told_at", in: 0...Int.max))
            return relay.flatMap { relay in
                toldAt.map { (relay, Timestamp(microseconds: Int64($0)), fields.json("paths", of: .array)) }
            }
        }
        guard let (relay, toldAt, list) = found else { return nil }
        self.init(relay: relay, toldAt: toldAt, paths: Self.objects(list).compactMap(PathSummary.init))
    }

    /// The objects of a list, each by itself.
    fileprivate static func objects(_ list: ByteBuffer?) -> [ByteBuffer] {
        guard let list else { return [] }
        var scanner = JSONScanner(list)
        var objects: [ByteBuffer] = []
        do throws(JSONError) {
            try scanner.enterArray()
            while try scanner.nextElement() { objects.append(scanner.copy(try scanner.value().range)) }
        } catch {
            return []
        }
        return objects
    }
}

extension PathSummary {
    fileprivate func write(into json: inout PayloadObject) {
        json.add("lower", self.pair.lower.text)
        json.add("higher", self.pair.higher.text)
        if let mode { json.add("mode", mode.rawValue) }
        json.add("since", self.since.microseconds)
        json.add("reason", self.reason.rawValue)
        if let roundTrip { json.add("rtt_ms", roundTrip) }
        if let deniedAt { json.add("denied_at", deniedAt.microseconds) }
        json.add("usage", self.usages.map { usage in { usage.write(into: &$0) } })
    }

    fileprivate init?(_ json: ByteBuffer) {
        let names = ["lower", "higher", "mode", "since", "reason", "rtt_ms", "denied_at", "usage"]
        let found = try? RequestFields.decode(json, names: names) { fields -> PathSummary? in
            let peers = (fields.requiredText("lower"), fields.requiredText("higher"))
            guard let lower = peers.0.flatMap({ PeerID($0) }), let higher = peers.1.flatMap({ PeerID($0) }),
                let pair = PeerPair(lower, higher)
            else { return nil }
            let time = 0...Int.max
            return PathSummary(
                pair: pair,
                mode: fields.text("mode").flatMap(PathMode.init),
                since: Timestamp(microseconds: Int64(fields.integer("since", in: time) ?? 0)),
                reason: fields.text("reason").flatMap(PathReason.init) ?? .other,
                roundTrip: fields.integer("rtt_ms", in: time).map { Int64($0) },
                deniedAt: fields.integer("denied_at", in: time).map { Timestamp(microseconds: Int64($0)) },
                usages: PathNews.objects(fields.json("usage", of: .array)).compactMap(PathUsage.init)
            )
        }
        guard let summary = found ?? nil else { return nil }
        self = summary
    }
}

extension PathUsage {
    fileprivate func write(into json: inout PayloadObject) {
        json.add("mode", self.mode.rawValue)
        json.add("up", self.upward)
        json.add("down", self.downward)
        // Without a time the relay has counted them.
        if let saidAt { json.add("said_at", saidAt.microseconds) }
    }

    fileprivate init?(_ json: ByteBuffer) {
        let found = try? RequestFields.decode(json, names: ["mode", "up", "down", "said_at"]) { fields -> PathUsage? in
            guard let mode = fields.text("mode").flatMap(PathMode.init) else { return nil }
            let saidAt = fields.integer("said_at", in: 0...Int.max).map { Timestamp(microseconds: Int64($0)) }
            return PathUsage(
                mode: mode,
                upward: Int64(fields.integer("up", in: 0...Int.max) ?? 0),
                downward: Int64(fields.integer("down", in: 0...Int.max) ?? 0),
                isVerified: saidAt == nil,
                saidAt: saidAt
            )
        }
        guard let usage = found ?? nil else { return nil }
        self = usage
    }
}
