import RelayMetrics

/// What became of log lines, measured when `/metrics` is read.
struct LogMetrics: MetricCollector {
    let droppedLines: @Sendable () -> Int

    func collect() -> [MetricSample] { [RelayMetric.logLinesDropped.sample(self.droppedLines())] }
}
