import Dispatch
import Foundation

/// Stops the servers when the benchmark is interrupted: they have process groups of their own and would live on.
enum Interruption {
    /// - Returns: to be kept for as long as interruptions are to be heeded.
    static func handlers() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                ServerProcess.stopAll()
                exit(130)
            }
            source.resume()
            return source
        }
    }
}
