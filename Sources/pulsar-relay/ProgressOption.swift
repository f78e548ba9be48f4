import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

/// Whether a line shows what passes.
struct ProgressOption: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Show on standard error what passes. Default: on a terminal.")
    var progress: Bool?

    /// - Parameter isQuiet: whether a terminal alone is no reason to show it.
    func display(isQuiet: Bool) -> TunnelDisplay {
        let isShown = self.progress ?? (!isQuiet && isatty(STDERR_FILENO) == 1)
        return TunnelDisplay(isShown: isShown)
    }
}

/// What a person sees of tunnels: notices, and a line at the bottom that changes while much passes.
struct TunnelDisplay: Sendable {
    let traffic = TunnelTraffic()
    private let isShown: Bool
    /// Takes the line away, on a terminal.
    private static let erase = "\r\u{1B}[K"

    init(isShown: Bool) {
        self.isShown = isShown
    }

    func notice(_ text: String) {
        StandardStreams.notice("\(self.isShown ? Self.erase : "")pulsar-relay: \(text)")
    }

    /// Runs `body` with the line.
    func shown(_ body: @escaping @Sendable () async throws -> Void) async throws {
        guard self.isShown else { return try await body() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { try await self.show() }
            defer {
                group.cancelAll()
                StandardStreams.trace(Self.erase)
            }
            try await group.next()
        }
    }

    /// What ends within a second is not long enough for a line.
    private func show() async throws {
        var line = TrafficLine()
        var isVisible = false
        while true {
            try await Task.sleep(for: .seconds(1))
            let traffic = self.traffic
            let text = line.line(sent: traffic.sent, received: traffic.received, open: traffic.open, seconds: 1)
            if text != nil || isVisible { StandardStreams.trace(Self.erase + (text ?? "")) }
            isVisible = text != nil
        }
    }
}
