import OTLPMessages
import SwiftProtobuf

/// Who exports: the same in all that is sent.
struct OTLPResource: Sendable {
    let message: Opentelemetry_Proto_Resource_V1_Resource
    let scope: Opentelemetry_Proto_Common_V1_InstrumentationScope

    /// - Parameter attributes: what else the operator says of this relay. It may say other names than the usual ones.
    init(serviceName: String, version: String, instance: String, attributes: [(name: String, value: String)]) {
        let usual = [
            (name: "service.name", value: serviceName), (name: "service.version", value: version),
            (name: "service.instance.id", value: instance),
        ]
        let named = Dictionary((usual + attributes).map { ($0.name, $0.value) }) { _, later in later }
        self.message = .with { resource in
            resource.attributes = named.sorted { $0.key < $1.key }.map { .init(Attribute($0.key, .text($0.value))) }
        }
        self.scope = .with {
            $0.name = "pulsar-relay"
            $0.version = version
        }
    }
}

extension Opentelemetry_Proto_Common_V1_KeyValue {
    init(_ attribute: Attribute) {
        self = .with {
            $0.key = attribute.name
            $0.value = .with { value in
                switch attribute.value {
                case .text(let text): value.stringValue = text
                case .integer(let number): value.intValue = Int64(number)
                case .boolean(let isTrue): value.boolValue = isTrue
                }
            }
        }
    }
}
