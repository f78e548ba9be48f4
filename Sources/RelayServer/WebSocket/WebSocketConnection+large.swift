import NIOCore
import RelayCore

extension WebSocketConnection {
    /// Sends what is made for this client alone, and may be megabytes: it is charged until the socket has taken it.
    ///
    /// - Parameters:
    ///   - size: of the bytes, about.
    ///   - bytes: makes whole frames, where there is room for them.
    /// - Returns: false, with nothing made, where there is none.
    func sendLarge(_ size: Int, _ bytes: () -> ByteBuffer) -> Bool {
        guard !self.isOver else { return true }
        guard let charge = self.services.memory.hold(size, in: .answers) else { return false }
        self.send(bytes())
        self.whenTaken { withExtendedLifetime(charge) {} }
        return true
    }
}
