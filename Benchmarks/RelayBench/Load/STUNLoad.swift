import Foundation

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
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, length)
            }
        }
        guard result == 0 else { throw LoadError.connectionClosed }
    }
}
