import Logging
import NIOCore
import OTLPMessages
import RelayCore
import RelayWire
import SwiftProtobuf
import Synchronization

/// The way of one signal to the collector: counts what becomes of what is sent, and says in the log when that changes.
final class ExportLine: Sendable {
    enum Outcome {
        /// Taken, or never to be.
        case done
        /// - Parameter asked: how long the collector asks to wait.
        case later(asked: Duration?)
    }

    let signal: TelemetrySignal
    let counts: ExportCounts
    let retries: RetryRule
    private let transport: any OTLPTransport
    private let timeout: TimeAmount
    private let logger: Logger
    /// Until when all must be over; nil before the relay stops.
    private let end = Mutex<NIODeadline?>(nil)
    private let isFailing = Mutex(false)

    init(
        _ signal: TelemetrySignal,
        counts: ExportCounts,
        transport: any OTLPTransport,
        timeout: TimeAmount,
        retries: RetryRule,
        logger: Logger
    ) {
        self.signal = signal
        self.counts = counts
        self.transport = transport
        self.timeout = timeout
        self.retries = retries
        self.logger = logger
    }

    /// - Parameter items: that are counted where the collector takes them, or refuses them.
    func send(_ message: ByteBuffer, items: Int) async -> Outcome {
        await self.send(message, items, within: self.timeout)
    }

    /// From now on nothing may take longer than this.
    func endBy(_ deadline: NIODeadline) { self.end.withLock { $0 = deadline } }

    /// As ``send(_:items:)``, in what is left of the time that the relay has to stop.
    func sendLast(_ message: ByteBuffer, items: Int) async -> Outcome {
        let left = min(self.timeout, (self.end.withLock { $0 } ?? .now() + .seconds(1)) - .now())
        guard left > .zero else { return .later(asked: nil) }
        return await self.send(message, items, within: left)
    }

    private func send(_ message: ByteBuffer, _ items: Int, within limit: TimeAmount) async -> Outcome {
        switch await self.transport.send(self.signal, message, within: limit) {
        case .accepted(let answer):
            let refused = min(items, self.refused(answer))
            self.counts.exported(items - refused)
            if refused > 0 { self.counts.dropped(refused, .refused) }
            self.worked()
            return .done
        case .refused(let reason):
            self.counts.dropped(items, .refused)
            self.failed("the collector refuses telemetry", reason)
            return .done
        case .later(let reason, let asked):
            if !Task.isCancelled { self.failed("the collector takes no telemetry", reason) }
            return .later(asked: asked)
        }
    }

    /// How many items a collector that took the message did not take. An answer that is none of the protocol's says nothing of that.
    private func refused(_ answer: ByteBuffer) -> Int {
        let bytes = Array(answer.readableBytesView)
        let count: Int64? =
            switch self.signal {
            case .traces:
                try? Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse(serializedBytes: bytes)
                    .partialSuccess.rejectedSpans
            case .metrics:
                try? Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceResponse(serializedBytes: bytes)
                    .partialSuccess.rejectedDataPoints
            case .logs:
                try? Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceResponse(serializedBytes: bytes)
                    .partialSuccess.rejectedLogRecords
            }
        return Int(max(0, count ?? 0))
    }

    /// Said once, not for each message.
    private func failed(_ text: Logger.Message, _ reason: String) {
        let isNews = self.isFailing.withLock { isFailing in
            defer { isFailing = true }
            return !isFailing
        }
        self.logger.log(
            level: isNews ? .warning : .debug,
            text,
            metadata: ["signal": "\(self.signal.rawValue)", "reason": "\(reason.cut(to: 300))"]
        )
    }

    private func worked() {
        let isNews = self.isFailing.withLock { isFailing in
            defer { isFailing = false }
            return isFailing
        }
        if isNews {
            self.logger.notice("the collector takes telemetry again", metadata: ["signal": "\(self.signal.rawValue)"])
        }
    }
}
