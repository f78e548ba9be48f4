import Foundation
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import RelayServer

@Suite("The service manager that waits for news of the relay", .timeLimit(.minutes(1)))
struct ServiceManagerTests {
    private static func manager(_ environment: [String: String]) -> ServiceManager? {
        ServiceManager(environment: environment, processID: 42)
    }

    @Test(
        "there is none where the environment names no address that can be one",
        arguments: [nil, "", "/", "@", "relative/path", "vsock:2:1234", "/" + String(repeating: "n", count: 107)]
    )
    func none(_ address: String?) {
        #expect(Self.manager(address.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
    }

    @Test(
        "it wants signs of life where it says how often, and of this process",
        arguments: [
            (["WATCHDOG_USEC": "2000000"], Duration.seconds(2)),
            (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "42"], .seconds(2)),
            (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "43"], nil),
            (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "soon"], nil),
            ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func watchdog(_ environment: [String: String], _ interval: Duration?) throws {
        let manager = try #require(Self.manager(environment.merging(["NOTIFY_SOCKET": "/run/notify"]) { $1 }))
        #expect(manager.watchdogInterval == interval)
    }

    @Test("it hears each piece of news, at a file and at an abstract name", arguments: [true, false])
    func news(_ isAbstract: Bool) throws {
        let name = "/tmp/notify-\(UUID().uuidString)"
        let socket = try NotifySocket(isAbstract ? "@" + name : name)
        let manager = try #require(Self.manager(["NOTIFY_SOCKET": socket.address]))
        #expect(manager.tell(.ready))
        #expect(socket.next() == "READY=1")
        #expect(manager.tell(.alive))
        #expect(socket.next() == "WATCHDOG=1")
        #expect(manager.tell(.stopping(within: .seconds(30))))
        #expect(socket.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000")
    }

    @Test("news for one that has gone are lost, and that is known")
    func gone() throws {
        let manager = try #require(Self.manager(["NOTIFY_SOCKET": "/tmp/nobody-\(UUID().uuidString)"]))
        #expect(!manager.tell(.ready))
    }

    @Test("a loop that does not turn ends the signs of life")
    func stuckLoop() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let gate = DispatchSemaphore(value: 0)
        loops[1].execute { gate.wait() }
        let seen = Seen()
        let watchdog = Watchdog(interval: .milliseconds(2), loops: loops) { seen.signs.withLock { $0 += 1 } }
        let running = Task { await watchdog.run() }
        try await Task.sleep(for: .milliseconds(50))
        #expect(seen.signs.withLock(\.self) == 0)
        gate.signal()
        while seen.signs.withLock(\.self) < 3 { try await Task.sleep(for: .milliseconds(1)) }
        running.cancel()
        await running.value
        try await group.shutdownGracefully()
    }
}

/// What a watchdog has done.
private final class Seen: Sendable {
    let signs = Mutex(0)
}

/// What a service manager listens at.
private final class NotifySocket {
    let address: String
    private let descriptor: Int32

    init(_ address: String) throws {
        self.address = address
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let path = address.hasPrefix("@") ? [0] + Array(address.utf8.dropFirst()) : Array(address.utf8) + [0]
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let result = unsafe withUnsafePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(self.descriptor, $0, size) }
        }
        try #require(result == 0)
    }

    /// What is there by now.
    func next() -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe recv(self.descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    deinit {
        close(self.descriptor)
        unsafe unlink(self.address)
    }
}
