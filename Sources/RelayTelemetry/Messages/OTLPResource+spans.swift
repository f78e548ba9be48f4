import Foundation
import OTLPMessages
import SwiftProtobuf

extension OTLPResource {
    func request(_ spans: [FinishedSpan]) -> Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest {
        .with {
            $0.resourceSpans = [
                .with {
                    $0.resource = self.message
                    $0.scopeSpans = [
                        .with {
                            $0.scope = self.scope
                            $0.spans = spans.map { .init($0) }
                        }
                    ]
                }
            ]
        }
    }
}

extension Opentelemetry_Proto_Trace_V1_Span {
    init(_ span: FinishedSpan) {
        self = .with {
            $0.traceID = Data(span.context.traceID.bytes)
            $0.spanID = Data(span.context.spanID.bytes)
            $0.traceState = span.context.state?.text ?? ""
            if let parent = span.parent { $0.parentSpanID = Data(parent.bytes) }
            $0.flags = Self.flags(of: span)
            $0.name = span.name
            $0.kind = Self.kind(span.kind)
            $0.startTimeUnixNano = span.start
            $0.endTimeUnixNano = span.end
            $0.attributes = span.attributes.map { .init($0) }
            if let failure = span.failure {
                $0.status = .with {
                    $0.code = .error
                    $0.message = failure
                }
            }
        }
    }

    private static func kind(_ kind: RelayTelemetry.SpanKind) -> SpanKind {
        switch kind {
        case .inner: .internal
        case .server: .server
        case .client: .client
        case .producer: .producer
        }
    }

    /// The trace's flags, and in the ninth and tenth bit whether the parent is remote.
    private static func flags(of span: FinishedSpan) -> UInt32 {
        let sampled: UInt32 = span.context.isSampled ? 1 : 0
        let knowsParent: UInt32 = 0x100
        return sampled | knowsParent | (span.isParentRemote ? 0x200 : 0)
    }
}
