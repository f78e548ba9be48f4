extension RelayMetric {
    public static let telemetryExported = MeasuredMetric(
        "relay_telemetry_exported_total",
        .counter,
        "Spans, log records and metrics that a collector has taken."
    )
    public static let telemetryDropped = MeasuredMetric(
        "relay_telemetry_dropped_total",
        .counter,
        "Spans, log records and metrics that no collector has taken."
    )
    public static let telemetryWaiting = MeasuredMetric(
        "relay_telemetry_waiting",
        .gauge,
        "Spans and log records that wait for the collector."
    )
}
