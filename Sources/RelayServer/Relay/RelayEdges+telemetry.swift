import RelayTelemetry

extension RelayEdges {
    /// Its publishes are traced, where anything is.
    func publisher(_ metrics: EdgeMetrics) -> Publisher {
        Publisher(
            broker: self.broker,
            metrics: metrics,
            tracer: self.telemetry.tracer,
            carriesTraces: self.configuration.telemetry.carriesTraces
        )
    }
}
