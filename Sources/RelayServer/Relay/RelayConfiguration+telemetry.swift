import RelayTelemetry

extension RelayConfiguration.Telemetry {
    /// What is exported, and where to; nil where nothing is.
    ///
    /// - Parameter instance: tells this process from others.
    func settings(instance: String) -> TelemetrySettings? {
        guard let endpoint = self.endpoint, !self.signals.isEmpty else { return nil }
        var settings = TelemetrySettings(endpoint: endpoint, instance: instance)
        settings.transport = self.transport
        settings.headers = self.headers.map { ($0.name, $0.value) }
        settings.authorities = self.authorities
        settings.signals = Set(self.signals)
        settings.serviceName = self.serviceName
        settings.attributes = self.attributes.map { (name: $0.name, value: $0.value) }
        settings.sampling = self.sampling
        settings.namesTopics = self.namesTopics
        settings.interval = self.interval
        settings.timeout = self.timeout
        settings.maxQueueBytes = self.maxQueueBytes
        return settings
    }

    var sampling: Sampling { Sampling(ratio: self.sampleRatio, maxPerSecond: self.maxPerSecond) }

    /// Whether what exports by the one can go on by the other: they differ in what is recorded at most.
    func hasSameCollector(as other: Self) -> Bool {
        var other = other
        other.sampleRatio = self.sampleRatio
        other.maxPerSecond = self.maxPerSecond
        other.namesTopics = self.namesTopics
        other.carriesTraces = self.carriesTraces
        return self == other
    }
}
