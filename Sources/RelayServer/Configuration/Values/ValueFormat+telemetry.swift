import RelayTelemetry

extension ValueFormat<Double> {
    /// A share: 0 is nothing, 1 all.
    static var ratio: ValueFormat {
        .text(expected: "a number from 0 to 1") { text in
            Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        } show: {
            "\($0)"
        }
    }
}

extension ValueFormat<OTLPEndpoint> {
    static var otlpEndpoint: ValueFormat {
        .text(expected: "a URL like http://collector:4318, without a username or a password") {
            OTLPEndpoint($0)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<[OTLPHeader]> {
    static var otlpHeaders: ValueFormat {
        var format = ValueFormat.list(expected: "headers like api-key=abc", parse: { OTLPHeader($0) }) {
            "\($0.name)=\($0.value)"
        }
        format.isSecret = true
        return format
    }
}

extension ValueFormat<[ResourceAttribute]> {
    static var resourceAttributes: ValueFormat {
        .list(expected: "attributes like deployment.environment.name=production", parse: { ResourceAttribute($0) }) {
            "\($0.name)=\($0.value)"
        }
    }
}

extension ValueFormat<[TelemetrySignal]> {
    static var telemetrySignals: ValueFormat {
        .list(expected: "traces, metrics, logs", parse: { TelemetrySignal(rawValue: $0.lowercased()) }) {
            $0.rawValue
        }
    }
}
