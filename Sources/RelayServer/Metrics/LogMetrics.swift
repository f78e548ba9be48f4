import RelayMetrics

/// What became of log lines, measured when `/metrics` is read.
struct LogMetrics: MetricCollector {
    let droppedLines: @Sendable () -> Int

    func collect() -> [MetricSample] {
        [
            MetricSample(
                name: "relay_log_lines_dropped_total",
                kind: .counter,
                help: "Log lines dropped, since whoever reads the log did not keep up.",
                value: Double(self.droppedLines())
            )
        ]
    }
}
