import OTLPMessages
import RelayMetrics
import SwiftProtobuf

extension OTLPResource {
    /// - Parameters:
    ///   - readings: all series, as they stand now.
    ///   - start: since when counters count, nanoseconds since 1970.
    ///   - now: the same.
    func request(
        _ readings: [MetricReading],
        since start: UInt64,
        at now: UInt64
    ) -> Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceRequest {
        .with {
            $0.resourceMetrics = [
                .with {
                    $0.resource = self.message
                    $0.scopeMetrics = [
                        .with {
                            $0.scope = self.scope
                            $0.metrics = readings.map { .init($0, since: start, at: now) }
                        }
                    ]
                }
            ]
        }
    }
}

extension Opentelemetry_Proto_Metrics_V1_Metric {
    fileprivate init(_ reading: MetricReading, since start: UInt64, at now: UInt64) {
        self = .with {
            $0.name = reading.name
            $0.description_p = reading.help ?? ""
            $0.unit = Self.unit(of: reading.name)
            switch reading.kind {
            case .gauge: $0.gauge.dataPoints = reading.points.map { Self.number($0, since: nil, at: now) }
            case .counter:
                $0.sum = .with {
                    $0.aggregationTemporality = .cumulative
                    $0.isMonotonic = true
                    $0.dataPoints = reading.points.map { Self.number($0, since: start, at: now) }
                }
            case .histogram:
                $0.histogram = .with {
                    $0.aggregationTemporality = .cumulative
                    $0.dataPoints = reading.points.map { Self.histogram($0, since: start, at: now) }
                }
            }
        }
    }

    private static func unit(of name: String) -> String {
        let base = name.hasSuffix("_total") ? name.dropLast("_total".count) : name[...]
        if base.hasSuffix("_seconds") { return "s" }
        return base.hasSuffix("_bytes") ? "By" : ""
    }

    private static func labels(_ point: MetricReading.Point) -> [Opentelemetry_Proto_Common_V1_KeyValue] {
        point.labels.map { .init(Attribute($0.name, .text($0.value))) }
    }

    private static func number(
        _ point: MetricReading.Point,
        since start: UInt64?,
        at now: UInt64
    ) -> Opentelemetry_Proto_Metrics_V1_NumberDataPoint {
        .with {
            $0.attributes = self.labels(point)
            $0.startTimeUnixNano = start ?? 0
            $0.timeUnixNano = now
            $0.asDouble = point.total.value
        }
    }

    private static func histogram(
        _ point: MetricReading.Point,
        since start: UInt64,
        at now: UInt64
    ) -> Opentelemetry_Proto_Metrics_V1_HistogramDataPoint {
        .with {
            $0.attributes = self.labels(point)
            $0.startTimeUnixNano = start
            $0.timeUnixNano = now
            $0.explicitBounds = point.total.bounds
            $0.bucketCounts = point.total.counts
            $0.count = point.total.count
            $0.sum = point.total.value
        }
    }
}
