import RelayCore
import RelayMetrics

/// What named readers have acknowledged, and how far those are behind that come to this relay; measured when `/metrics` is read.
struct ReaderMetrics: MetricCollector {
    let cursors: ReaderCursors

    func collect() -> [MetricSample] {
        let statistics = self.cursors.statistics
        let lags = self.cursors.lags.map { reader, lag in
            RelayMetric.readerLag.sample(
                lag.messages,
                ("topic", "\(reader.topic.name)"),
                ("reader", "\(reader.name)"),
                ("user", "\(reader.user)")
            )
        }
        return [
            RelayMetric.acksWaiting.sample(statistics.waiting),
            RelayMetric.acksStored.sample(statistics.stored),
            RelayMetric.acksRefused.sample(statistics.refused),
        ] + lags
    }
}
