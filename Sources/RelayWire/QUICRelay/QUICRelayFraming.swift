/// How messages lie in the control stream: a length as a ``QUICVarint``, and so many bytes of MessagePack, which are one map.
public enum QUICRelayFraming {
    /// Of a message, without the length in front. In bytes.
    public static let maximumMessage = 16 << 10
}
