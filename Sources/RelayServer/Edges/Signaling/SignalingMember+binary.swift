import NIOCore
import RelayWire

/// Binary messages: proxy frames.
extension SignalingMember {
    /// A whole binary message has come.
    func received(binary: ByteBuffer) {
        self.fail("proxy_not_open", "Nobody has accepted a binary proxy", nil)
    }
}
