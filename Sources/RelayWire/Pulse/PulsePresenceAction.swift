/// What a frame of presence is about: one member of a channel, or, for `sync`, all of them.
public enum PulsePresenceAction: UInt8, Hashable, Sendable, CaseIterable {
    case join = 0
    case leave = 1
    case update = 2
    case sync = 3
}
