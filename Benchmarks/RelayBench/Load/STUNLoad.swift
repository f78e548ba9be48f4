import Foundation
import NIOCore

/// Asks a port for STUN who asks, over and over, a few requests at a time from one socket.
enum STUNLoad {
    /// Requests on their way: fewer than a socket's buffer holds.
    private static let window = 32

    /// Blocks its thread.
    ///
    /// - Returns: how many answers came.
    static func run(port: Int, for span: Duration) throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw LoadError.connectionClosed }
        defer { close(descriptor) }
        try Self.connect(descriptor, to: port)
        var request = [UInt8](repeating: 0, count: 20)
        request.replaceSubrange(0..<8, with: [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42])
        var answer = [UInt8](repeating: 0, count: 1500)
        let deadline = ContinuousClock.now + span
        var number: UInt32 = 0
        var answers = 0
        while ContinuousClock.now < deadline {
            for _ in 0..<Self.window {
                number &+= 1
                for place in 0..<4 { request[8 + place] = UInt8(truncatingIfNeeded: number >> UInt32(8 * place)) }
                _ = unsafe send(descriptor, request, request.count, 0)
            }
            for _ in 0..<Self.window {
                // Nothing came in time: those are lost, and the next are sent.
                guard unsafe recv(descriptor, &answer, answer.count, 0) > 0 else { break }
                answers += 1
            }
        }
        return answers
    }

    private static func connect(_ descriptor: Int32, to port: Int) throws {
        var patience = timeval(tv_sec: 0, tv_usec: 100_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size) == 0 else {
            throw LoadError.connectionClosed
        }
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let result = unsafe address.withSockAddr { unsafe Glibc.connect(descriptor, $0, socklen_t($1)) }
        guard result == 0 else { throw LoadError.connectionClosed }
    }
}
