import Glibc

/// The service manager that has started this process and waits for news of it, as systemd does for `Type=notify`.
///
/// It says in the environment where it listens (`NOTIFY_SOCKET`) and within which time it wants a sign of life (`WATCHDOG_USEC`). News
/// are datagrams of text, see sd_notify(3).
public struct ServiceManager: Sendable {
    /// What it can be told.
    public enum News: Equatable, Sendable {
        /// Requests are served.
        case ready
        /// The process has begun to stop, and takes so long at most.
        case stopping(within: Duration)
        /// The process does its work.
        case alive
    }

    /// Within which it wants to hear ``News/alive`` again and again; nil where it does not.
    public let watchdogInterval: Duration?

    /// `sun_path`, all of it that counts.
    private let path: [UInt8]

    /// How long news wait for a manager that does not read, in milliseconds.
    private static let patience: Int32 = 1_000

    /// - Parameters:
    ///   - environment: of this process.
    ///   - processID: whose watchdog it has to be where `WATCHDOG_PID` names a process.
    /// - Returns: nil where no manager listens, or at an address that is none.
    public init?(environment: [String: String], processID: Int32) {
        guard let path = environment["NOTIFY_SOCKET"].flatMap(Self.path) else { return nil }
        self.path = path
        self.watchdogInterval = Self.watchdogInterval(environment, processID)
    }

    /// The address as the system takes it: a file's path ends with a zero, an abstract name (`@name`) begins with one.
    private static func path(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        let path: [UInt8]
        switch bytes.first {
        case UInt8(ascii: "/"): path = bytes + [0]
        case UInt8(ascii: "@"): path = [0] + bytes.dropFirst()
        default: return nil
        }
        return path.count > 2 && path.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) ? path : nil
    }

    private static func watchdogInterval(_ environment: [String: String], _ processID: Int32) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        if let watched = environment["WATCHDOG_PID"], watched != String(processID) { return nil }
        return .microseconds(microseconds)
    }

    /// Sends it. Takes a second at most.
    ///
    /// - Returns: whether the manager has got it.
    @discardableResult
    public func tell(_ news: News) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard self.connect(descriptor) else { return false }
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&wait, 1, Self.patience) == 1 else { return false }
        let text = Array(news.text.utf8)
        return unsafe send(descriptor, text, text.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            == text.count
    }

    private func connect(_ descriptor: Int32) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: self.path) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + self.path.count)
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(descriptor, address, size) == 0
            }
        }
    }
}

extension ServiceManager.News {
    /// As the protocol has it: assignments, one a line.
    var text: String {
        switch self {
        case .ready: "READY=1"
        case .stopping(let limit):
            // The manager's own limit for a stop may be shorter than what the relay is configured to take.
            "STOPPING=1\nEXTEND_TIMEOUT_USEC=\(limit.components.seconds * 1_000_000)"
        case .alive: "WATCHDOG=1"
        }
    }
}
