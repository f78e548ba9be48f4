import RelayAccess
import RelayCore
import RelayWire

/// The names of all keys and channels, and so what lies together in one slot of a cluster.
///
/// The hash tag of a topic's stream is the topic's key; where the name is a path, the key with the first two segments alone. So a root
/// (`session/{id}`) and its parts (`session/{id}/signal`) lie together, and the root's record with them. The presence of a plain topic has
/// a tag of its own, its whole key. The hash tag of users, tokens and
/// all other topics' records is `!`, which no topic is called. The hash tag of an idempotency key's claims is that key. A script stays
/// within one slot.
struct KeyLayout: Sendable {
    let prefix: String
    private let control: String

    /// - Parameter prefix: without braces.
    init(prefix: String) {
        self.prefix = prefix
        self.control = "\(prefix){!}:"
    }

    // MARK: - A topic's stream

    func stream(_ topic: TopicKey) -> TopicKeys { TopicKeys(base: self.base(topic)) }

    private func base(_ topic: TopicKey) -> String {
        guard topic.isPath else { return "\(self.prefix){\(topic.description)}:" }
        let root = topic.pathRoot.description
        return "\(self.prefix){\(root)}\(topic.description.dropFirst(root.count)):"
    }

    /// Matches the state of every stream, as `SCAN` understands it.
    var statePattern: String {
        let special: Set<Character> = ["*", "?", "[", "]", "\\", "^"]
        return self.prefix.reduce(into: "") { $0 += special.contains($1) ? "\\\($1)" : "\($1)" } + "{*}*:state"
    }

    /// - Returns: nil for a key that is no stream's state.
    func topic(ofState key: String) -> TopicKey? { self.topic(of: key, named: ":state") }

    /// The topic of a channel that ``TopicKeys/news`` named.
    func topic(ofNews channel: String) -> TopicKey? { self.topic(of: channel, named: ":news") }

    private func topic(of key: String, named end: String) -> TopicKey? {
        let start = "\(self.prefix){"
        guard key.hasPrefix(start), key.hasSuffix(end) else { return nil }
        let text = key.dropFirst(start.count).dropLast(end.count)
        if text.hasSuffix("}") { return TopicKey(storedText: String(text.dropLast())) }
        // A part: behind the hash tag its path goes on.
        guard let tagEnd = text.firstRange(of: "}/") else { return nil }
        return TopicKey(storedText: text[..<tagEnd.lowerBound] + "/" + text[tagEnd.upperBound...])
    }

    /// How many requests of a client were counted. Expires by itself.
    func rate(_ rule: RateLimitRule, of client: String) -> String { "\(self.prefix){r:\(client)}:rate:\(rule)" }

    /// A hash: for each index of the key's request, which topic it goes to.
    func claims(_ key: IdempotencyKey) -> String { "\(self.prefix){i:\(key)}:claims" }

    // MARK: - The control slot

    /// Counts changes.
    var version: String { self.control + "version" }
    var changes: String { self.control + "changes" }
    /// A key that never exists. A script that finds keys by what is stored names it as well. While the slot moves
    /// from server to server, a server refuses a script whose keys are not all there. So the script is refused as a
    /// whole, and doesn't fail halfway at a key that has moved already.
    var fence: String { self.changes }
    /// A channel named like a topic's, but nobody's.
    var unheard: String { self.control + "news" }
    /// Sets of ids.
    var users: String { self.control + "users" }
    var activeUsers: String { self.control + "users-active" }
    /// A hash from username to id.
    var usernames: String { self.control + "usernames" }
    /// A hash from an identity elsewhere, as ``RelayAccess/FederatedIdentity`` has it as one text, to the user's id.
    var identities: String { self.control + "identities" }
    /// Before a user's id: its hash.
    var userPrefix: String { self.control + "user:" }
    /// A sorted set of all topics' keys, all of one score, so in the order of their bytes.
    var topics: String { self.control + "topics" }
    var publicTopics: String { self.control + "topics-public" }
    /// Before a topic's key: its hash, unless its name is a path.
    var topicPrefix: String { self.control + "topic:" }
    /// The topic's hash.
    func record(_ topic: TopicKey) -> String {
        topic.isPath ? self.base(topic) + "topic" : self.topicPrefix + topic.description
    }
    /// Before a kind: a sorted set, as ``topics``, of those of its topics whose names are paths.
    var kindPrefix: String { self.control + "topics-of-kind:" }
    /// Before a kind, a colon and a user's id: a set of those that the user owns.
    var kindOwnedPrefix: String { self.control + "owned-of-kind:" }
    /// In a cluster, a hash of the topics whose lists may not say what their records do, each with a mark of who is about to change that.
    var unsettled: String { self.control + "unsettled" }
    /// A sorted set of what is due, by time: a topic's key, and behind a blank the peer.
    func deadlines(_ purpose: DeadlinePurpose) -> String {
        switch purpose {
        case .sessions: self.control + "deadlines"
        // Of its own also for relays that know nothing of it: they drop deadlines that they can't carry out.
        case .presence: self.control + "deadlines-presence"
        }
    }
    /// Before a topic's key: a hash from user to date; behind it, where the name is a path, a blank and the topic's id.
    var grantsPrefix: String { self.control + "grants:" }
    /// Before a user's id: sets of topics' keys.
    var ownedPrefix: String { self.control + "owned:" }
    var grantedPrefix: String { self.control + "granted:" }
    /// Before a topic's key: a hash of its named readers, field and value are what `ReaderPrelude` says.
    var readersPrefix: String { self.control + "readers:" }
    /// Before a user's id: a set of topics' keys and, behind a blank, names of readers.
    var userReadersPrefix: String { self.control + "readers-of:" }
    /// A sorted set of all named readers by their last use: a topic's key, a user's id and a name, with blanks between.
    var readerUses: String { self.control + "reader-uses" }
    /// A sorted set of all refresh tokens by expiry.
    var tokens: String { self.control + "tokens" }
    /// Before a jti: the token's hash.
    var tokenPrefix: String { self.control + "token:" }
    /// Before a user's id, and before a chain: sets of jtis.
    var userTokensPrefix: String { self.control + "tokens-of:" }
    var chainPrefix: String { self.control + "chain:" }
    /// Sorted sets of one score of all service tokens, and, before a user's id, of the user's: members as ``RelayAccess/ServiceTokenPlace`` has
    /// its order.
    var serviceTokens: String { self.control + "service-tokens" }
    var userServiceTokensPrefix: String { self.control + "service-tokens-of:" }
    /// Before an id: the token's hash.
    var serviceTokenPrefix: String { self.control + "service-token:" }
    /// A sorted set of service tokens' ids by expiry.
    var serviceTokenEnds: String { self.control + "service-token-ends" }
    /// A sorted set of one score of the audit log's records, each behind its place.
    var audit: String { self.control + "audit" }
    /// Sorted sets of one score of all webhooks' ids, and, before a user's id, of the user's.
    var webhooks: String { self.control + "webhooks" }
    var userWebhooksPrefix: String { self.control + "webhooks-of:" }
    /// Before an id: the webhook's hash.
    var webhookPrefix: String { self.control + "webhook:" }
    /// Before an id: the relay that delivers for the webhook. Expires by itself.
    var webhookLeasePrefix: String { self.control + "webhook-lease:" }
    /// Before an id: a hash from relay to the end of its word, in milliseconds, and what it said of the webhook's topics. It expires by itself.
    var webhookReadersPrefix: String { self.control + "webhook-readers:" }
    /// A hash of the relays that share the store: by id, when each said something of itself last, a blank, and what it said.
    var nodes: String { self.control + "nodes" }
    /// The fingerprint of the secret with which the relay that started last signs access tokens.
    var tokenSecret: String { self.control + "token-secret" }
    /// A sorted set of the jtis of denied access tokens by expiry.
    var denied: String { self.control + "denied" }
    /// What waits for somebody: its hash, which expires by itself.
    func pending(_ kind: PendingRecord.Kind, id: String) -> String { "\(self.control)pending:\(kind.rawValue):\(id)" }
    /// The id of what has that alias. Expires with it.
    func pendingAlias(_ kind: PendingRecord.Kind, _ alias: String) -> String {
        "\(self.control)pending-alias:\(kind.rawValue):\(alias)"
    }
    /// A sorted set of the ids of a kind by expiry.
    func pendingIDs(_ kind: PendingRecord.Kind) -> String { "\(self.control)pending-of:\(kind.rawValue)" }
}

/// The keys of one topic's stream.
struct TopicKeys: Sendable {
    let stream: String
    /// A hash that outlives the messages: what ``RelayCore/StreamBounds`` says.
    let state: String
    /// A sorted set of the ids of messages with a `ttl`, by expiry.
    let ttl: String
    let news: String
    private let markPrefix: String

    fileprivate init(base: String) {
        self.stream = base + "stream"
        self.state = base + "state"
        self.ttl = base + "ttl"
        self.news = base + "news"
        self.markPrefix = base + "mark:"
    }

    /// What became of one marked draft. Expires by itself.
    func mark(_ key: IdempotencyKey, _ index: Int) -> String { "\(self.markPrefix)\(index):\(key)" }
}

extension TopicKey {
    /// Whether the name is a path, as special kinds' are. A plain stream's is none.
    var isPath: Bool { self.name.isPath }

    /// Of a topic with a path: the one that the first two segments name. What is a part of plain topics lies apart from each other: there may be
    /// as many as of those.
    var pathRoot: TopicKey {
        guard !self.name.rawValue.utf8.starts(with: TopicNaming.presencePrefix.utf8) else { return self }
        let segments = self.name.rawValue.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard segments.count == 3 else { return self }
        return TopicKey(name: TopicName(path: "\(segments[0])/\(segments[1])"), namespace: self.namespace)
    }
}
