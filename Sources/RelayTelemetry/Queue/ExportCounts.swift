import RelayMetrics
import Synchronization

/// What telemetry is of.
public enum TelemetrySignal: String, Hashable, Sendable, CaseIterable {
    case traces
    case metrics
    case logs
}

/// Why something was not delivered.
enum ExportLoss: String, Hashable, Sendable, CaseIterable {
    /// There was no room for it.
    case full
    /// The collector did not take it.
    case refused
    /// The collector was not there for too long.
    case unreachable
}

/// Counts of all signals, for as long as the process lives: whoever exports them.
struct ExportTotals: Sendable {
    private let counts: [TelemetrySignal: ExportCounts]

    init() {
        self.counts = Dictionary(uniqueKeysWithValues: TelemetrySignal.allCases.map { ($0, ExportCounts($0)) })
    }

    subscript(signal: TelemetrySignal) -> ExportCounts {
        guard let counts = self.counts[signal] else { preconditionFailure("no counts of \(signal)") }
        return counts
    }
}

/// Counts what has become of one signal's items: spans, log records, series.
final class ExportCounts: Sendable {
    private let signal: TelemetrySignal
    private let exported = Atomic<Int>(0)
    private let full = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)
    private let unreachable = Atomic<Int>(0)

    init(_ signal: TelemetrySignal) {
        self.signal = signal
    }

    func exported(_ count: Int) { self.exported.add(count, ordering: .relaxed) }

    func dropped(_ count: Int, _ loss: ExportLoss) {
        switch loss {
        case .full: self.full.add(count, ordering: .relaxed)
        case .refused: self.refused.add(count, ordering: .relaxed)
        case .unreachable: self.unreachable.add(count, ordering: .relaxed)
        }
    }

    var exportedItems: Int { self.exported.load(ordering: .relaxed) }

    func droppedItems(_ loss: ExportLoss) -> Int {
        switch loss {
        case .full: self.full.load(ordering: .relaxed)
        case .refused: self.refused.load(ordering: .relaxed)
        case .unreachable: self.unreachable.load(ordering: .relaxed)
        }
    }

    var samples: [MetricSample] {
        [RelayMetric.telemetryExported.sample(self.exportedItems, ("signal", self.signal.rawValue))]
            + ExportLoss.allCases.map { loss in
                RelayMetric.telemetryDropped.sample(
                    self.droppedItems(loss),
                    ("signal", self.signal.rawValue),
                    ("reason", loss.rawValue)
                )
            }
    }
}
