public import Logging
import Synchronization

/// What is written to the log and how it looks, for all loggers of the process. It may change while they are in use.
public final class LogRules: Sendable {
    private let place: Atomic<Int>
    private let isForMachines: Atomic<Bool>

    /// - Parameter settings: what holds at first.
    public init(_ settings: RelayConfiguration.Logging) {
        self.place = Atomic(Self.place(of: settings.level))
        self.isForMachines = Atomic(settings.format == .json)
    }

    /// The least severe level that is written.
    public var level: Logger.Level {
        let all = Logger.Level.allCases
        return all[min(max(0, self.place.load(ordering: .relaxed)), all.count - 1)]
    }

    /// How a line is written.
    public var format: RelayConfiguration.LogFormat {
        self.isForMachines.load(ordering: .relaxed) ? .json : .text
    }

    /// - Parameter settings: what holds from the next line on.
    public func change(to settings: RelayConfiguration.Logging) {
        self.place.store(Self.place(of: settings.level), ordering: .relaxed)
        self.isForMachines.store(settings.format == .json, ordering: .relaxed)
    }

    private static func place(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
