/// Bytes of a control stream are no messages. Nothing of the stream can be read any more.
public struct QUICRelayFault: Error, Hashable, Sendable {
    /// What is wrong, in plain English. Never holds bytes of the stream.
    public let message: String

    static let tooLarge = QUICRelayFault(
        message: "a message is longer than \(QUICRelayFraming.maximumMessage) bytes"
    )
    static let noMap = QUICRelayFault(message: "a message is no map of MessagePack")
}
