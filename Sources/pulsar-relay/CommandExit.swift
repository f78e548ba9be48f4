import ArgumentParser
import Foundation
import RelayCommands
import RelayCore

/// Ends the process with what an error means to the caller: see ``CommandStatus``.
enum CommandExit {
    static func end(with error: any Error) -> Never {
        if error is BrokenPipe || error is CancellationError { exit(CommandStatus.success.rawValue) }
        switch PulsarRelay.exitCode(for: error) {
        case .success: PulsarRelay.exit(withError: error)
        case .validationFailure: self.end(PulsarRelay.fullMessage(for: error), .usage)
        case let code where error is ExitCode: exit(code.rawValue)
        default:
            let status = CommandStatus(for: error)
            let advice = CommandAdvice.text(for: error).map { ". \($0)" } ?? ""
            // A store's code is for programs; its message says all.
            self.end("pulsar-relay: \((error as? StoreError)?.message ?? "\(error)")\(advice)", status)
        }
    }

    private static func end(_ message: String, _ status: CommandStatus) -> Never {
        StandardStreams.notice(message)
        exit(status.rawValue)
    }
}
