import RelayCore
import RelayWire

/// What stores keep of a webhook as one text.
private struct DefinitionText: Codable {
    var topic: String?
    var prefix: String?
    var events: [WebhookEvent]
    var url: String
    var label: String?
    var secret: String
}

private struct HealthText: Codable {
    var failing: Int64?
    var dead: Int64?
    var reason: String?
    var paused: String?
    var generation: Int64?
    var last: Int64?
    var outcome: String?
    var success: Bool?
    var lag: Int?
    var leftOut: Int?
    var occupied: [String]?
}

extension WebhookDefinition {
    /// As stores keep it: JSON, the same text for the same definition.
    public var storedText: String {
        var text = DefinitionText(
            events: self.events.sorted { $0.rawValue < $1.rawValue },
            url: self.url,
            label: self.label,
            secret: self.secret
        )
        switch self.target {
        case .topic(let name): text.topic = name
        case .prefix(let start): text.prefix = start
        }
        return StoredJSON.text(text)
    }

    /// - Returns: nil for a text that ``storedText`` would not have made.
    public init?(storedText: String) {
        guard let text = StoredJSON.value(DefinitionText.self, from: storedText.utf8),
            let target = text.topic.map(WebhookTarget.topic) ?? text.prefix.map(WebhookTarget.prefix),
            !text.events.isEmpty
        else { return nil }
        self.init(
            target: target,
            events: Set(text.events),
            url: text.url,
            label: text.label,
            secret: text.secret
        )
    }
}

extension WebhookHealth {
    /// As stores keep it: JSON.
    public var storedText: String {
        StoredJSON.text(
            HealthText(
                failing: self.failingSince?.microseconds,
                dead: self.death?.at.microseconds,
                reason: self.death?.reason,
                paused: self.pauseReason,
                generation: self.generation,
                last: self.last?.at.microseconds,
                outcome: self.last?.text,
                success: self.last?.isSuccess,
                lag: self.lag,
                leftOut: self.topicsLeftOut,
                occupied: self.occupied.isEmpty ? nil : self.occupied
            )
        )
    }

    /// - Returns: nil for a text that ``storedText`` would not have made.
    public init?(storedText: String) {
        guard let text = StoredJSON.value(HealthText.self, from: storedText.utf8) else { return nil }
        self.init()
        self.failingSince = text.failing.map { Timestamp(microseconds: $0) }
        self.death = text.dead.map { Death(at: Timestamp(microseconds: $0), reason: text.reason ?? "") }
        self.pauseReason = text.paused
        self.generation = text.generation
        self.last = text.last.map {
            Outcome(at: Timestamp(microseconds: $0), text: text.outcome ?? "", isSuccess: text.success ?? false)
        }
        self.lag = text.lag ?? 0
        self.topicsLeftOut = text.leftOut ?? 0
        self.occupied = text.occupied ?? []
    }
}
