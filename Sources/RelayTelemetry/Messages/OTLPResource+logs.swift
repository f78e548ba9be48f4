import Foundation
import OTLPMessages
import RelayWire
import SwiftProtobuf

extension OTLPResource {
    func request(_ records: [LogRecord]) -> Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceRequest {
        .with {
            $0.resourceLogs = [
                .with {
                    $0.resource = self.message
                    $0.scopeLogs = [
                        .with {
                            $0.scope = self.scope
                            $0.logRecords = records.map { .init($0) }
                        }
                    ]
                }
            ]
        }
    }
}

extension Opentelemetry_Proto_Logs_V1_LogRecord {
    init(_ record: LogRecord) {
        self = .with {
            let time = UInt64(max(0, record.time.microseconds)) * 1_000
            $0.timeUnixNano = time
            $0.observedTimeUnixNano = time
            $0.severityNumber = .init(rawValue: record.severity.rawValue) ?? .unspecified
            $0.severityText = record.level
            $0.body = .with { $0.stringValue = record.message }
            $0.attributes = ([Attribute("log.target", .text(record.target))] + record.attributes).map { .init($0) }
            if let context = record.context {
                $0.traceID = Data(context.traceID.bytes)
                $0.spanID = Data(context.spanID.bytes)
                $0.flags = context.isSampled ? 1 : 0
            }
        }
    }
}
