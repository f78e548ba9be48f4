public import CoreMetrics

/// Lets swift-metrics keep its metrics in a ``PrometheusRegistry``.
///
/// Labels are metric names, dimensions are labels. A recorder that aggregates and a timer (in seconds) are histograms, one
/// that does not is a gauge, and so is a meter. Make a metric once and keep it where it is used often: making takes a lock,
/// recording does not.
public struct PrometheusMetricsFactory: MetricsFactory {
    public let registry: PrometheusRegistry

    public init(registry: PrometheusRegistry) {
        self.registry = registry
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.registry.counter(label, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.registry.counter(label, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.registry.gauge(label, dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return self.registry.gauge(label, dimensions) }
        return self.registry.histogram(label, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.registry.histogram(label, dimensions)
    }

    public func destroyCounter(_ handler: any CounterHandler) {
        self.registry.release(handler)
    }

    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        self.registry.release(handler)
    }

    public func destroyMeter(_ handler: any MeterHandler) {
        self.registry.release(handler)
    }

    public func destroyRecorder(_ handler: any RecorderHandler) {
        self.registry.release(handler)
    }

    public func destroyTimer(_ handler: any TimerHandler) {
        self.registry.release(handler)
    }
}
