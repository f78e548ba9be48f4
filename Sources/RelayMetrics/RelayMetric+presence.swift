extension RelayMetric {
    public static let presenceMembers = MeasuredMetric(
        "relay_presence_members",
        .gauge,
        "Members of topics by their connections to this relay; one counts once for each of its topics."
    )
    public static let presenceTopics = MeasuredMetric(
        "relay_presence_topics",
        .gauge,
        "Topics that have members by their connections to this relay."
    )
    public static let presenceBytes = MeasuredMetric(
        "relay_presence_bytes",
        .gauge,
        "Bytes that this relay's members are charged with."
    )
    public static let presenceWrites = MeasuredMetric(
        "relay_presence_writes_total",
        .counter,
        "Joins, updates and leaves of this relay's members, by what came of them: written, coalesced with a later one, or failed and done again."
    )
    public static let presenceHandouts = MeasuredMetric(
        "relay_presence_handouts_total",
        .counter,
        "What watchers were handed: all who are there (sync), or what has changed (changes)."
    )
    public static let presenceExpired = MeasuredMetric(
        "relay_presence_expired_total",
        .counter,
        "Members of other relays that this one has taken off because their relay was gone."
    )
}
