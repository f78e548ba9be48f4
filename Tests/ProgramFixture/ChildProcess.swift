public import Foundation
import NIOCore
import NIOPosix

/// A program that runs beside the tests, with its output in a file. It does not outlive the test that waits for its exit.
public final class ChildProcess: Sendable {
    public enum Exit: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)
        /// It was still running at the limit, and was killed.
        case overdue
    }

    public let id: Int32
    public let log: URL
    private let exited: EventLoopFuture<Exit>

    /// Starts the program with nothing on its standard input.
    ///
    /// - Parameter log: where all its output goes, after what is there.
    public init(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String],
        directory: URL,
        log: URL
    ) throws {
        self.log = log
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Exit.self)
        self.exited = promise.futureResult
        let process = Process()
        do {
            if !FileManager.default.fileExists(atPath: log.path()) { try Data().write(to: log) }
            let output = try FileHandle(forWritingTo: log)
            // A pipe has no end to go to.
            _ = try? output.seekToEnd()
            process.executableURL = executable
            process.arguments = arguments
            process.environment = environment
            process.currentDirectoryURL = directory
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            process.terminationHandler = { promise.succeed(Exit($0)) }
            try withoutBlockedSignals { try process.run() }
        } catch {
            promise.fail(error)
            throw error
        }
        self.id = process.processIdentifier
    }

    /// The end of what it wrote.
    public var lastWords: String {
        let text = (try? Data(contentsOf: self.log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return String(text.suffix(4_000))
    }

    /// Waits for its end, by SIGKILL at the limit.
    public func exit(within limit: Duration) async throws -> Exit {
        let loop = self.exited.eventLoop
        let answer = loop.makePromise(of: Exit.self)
        let timer = loop.scheduleTask(in: TimeAmount(limit)) { answer.succeed(.overdue) }
        self.exited.whenComplete { result in
            timer.cancel()
            answer.completeWith(result)
        }
        let exit = try await answer.futureResult.get()
        guard exit == .overdue else { return exit }
        self.signal(SIGTERM)
        let patience = loop.scheduleTask(in: .seconds(15)) { self.signal(SIGKILL) }
        _ = try await self.exited.get()
        patience.cancel()
        return .overdue
    }

    /// Only to be called while nobody has seen it exit: afterwards its id may be another's.
    public func signal(_ signal: Int32) {
        kill(self.id, signal)
    }
}

extension ChildProcess.Exit {
    fileprivate init(_ process: Process) {
        switch process.terminationReason {
        case .exit: self = .code(process.terminationStatus)
        case .uncaughtSignal: self = .signal(process.terminationStatus)
        @unknown default: self = .overdue
        }
    }
}
