import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayTelemetry

/// What delivering needs.
struct WebhookServices: Sendable {
    struct Settings: Sendable {
        /// Topics that one webhook tells of.
        var maxTopics: Int
        /// Requests of one webhook that are under way at a time.
        var width: Int
        /// How long deliveries may fail until a webhook is given up.
        var deadAfter: TimeAmount
        /// How long a named reader's place is kept that nobody uses.
        var readerIdle: TimeAmount
        /// For one request, from its beginning to its answer's end.
        var patience: TimeAmount
        /// Where receivers may be: their users choose them.
        var reach: OutgoingReach
    }

    let store: any WebhookStore
    let broker: Broker
    let cursors: ReaderCursors
    let authenticator: Authenticator
    let memory: MemoryLedger
    let poster: WebhookPoster
    let counts: TopicWebhookCounts
    /// Off where nothing is traced; nil in tests that trace nothing.
    let tracer: Tracer?
    /// When webhooks look for topics.
    let searches = SearchTurns()
    let settingsInForce: Adjustable<Settings>
    let logger: Logger

    /// What holds at this moment. ``Settings/width`` and ``Settings/maxTopics`` never change: their keys wait for a restart.
    var settings: Settings { self.settingsInForce.current }
    var clock: RelayClock { self.broker.clock }
}
