public import NIOCore

/// What a subscriber tells its handler, in the order in which it happened.
public enum ValkeySubscriberEvent: Sendable {
    case message(ValkeyChannel, payload: ByteBuffer)
    /// What is published from here on comes. Told again for each channel after a loss.
    case subscribed(ValkeyChannel)
    /// Messages of this channel may have been missed from here on; its next `subscribed` ends that. Told by subscribers of a cluster,
    /// in the place of `lost` and `restored`, which they never tell: their channels are on several servers, and move.
    case interrupted(ValkeyChannel)
    /// The server refused a subscription; or ended it, which a cluster's subscriber tells as `interrupted`. It is not tried again.
    case dropped(ValkeyChannel, ValkeyServerError?)
    /// The connection is gone: anything may have been missed from here on.
    case lost
    /// A connection is there, the first one too, and every channel wanted when it came is subscribed or dropped.
    case restored
}
