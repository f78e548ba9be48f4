/// How frames of Pulse's lie in a connection's bytes: 4 bytes of length, the first the highest, and so many bytes of MessagePack.
public enum PulseFraming {
    /// Of the length in front. In bytes.
    public static let prefixSize = 4
    /// Without the length in front: 16 MiB.
    public static let maximumFrame = 1 << 24
}
