import Foundation
import Testing

@testable import RelayServer

@Suite("The writer of log lines", .timeLimit(.minutes(1)))
struct BufferedSinkTests {
    private static func notice(_ count: Int) -> String { "\(count) dropped\n" }

    @Test("Lines written at once come out whole and in order, and none is lost")
    func wholeLines() async throws {
        let pipe = Pipe()
        let sink = BufferedSink(pipe.fileHandleForWriting.fileDescriptor, maxBytes: 1 << 24, notice: Self.notice)
        let reader = PipeReader(pipe.fileHandleForReading)
        await withTaskGroup { group in
            for writer in 0..<10 {
                group.addTask {
                    for number in 0..<50 {
                        sink.write("\(writer) \(number) " + String(repeating: "x", count: 5_000) + "\n")
                    }
                }
            }
        }
        #expect(await sink.isFlushed(within: .seconds(30)))
        try pipe.fileHandleForWriting.close()
        let lines = try await reader.text.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.count == 500)
        #expect(lines.allSatisfy { $0.count == 3 && $0[2].count == 5_000 })
        for writer in 0..<10 {
            #expect(lines.filter { $0[0] == "\(writer)" }.map { Int($0[1]) } == Array(0..<50))
        }
        #expect(sink.droppedLines == 0)
    }

    @Test("Nobody waits for a reader that has stalled: lines beyond the bound are counted, and told once it reads on")
    func stalled() async throws {
        let pipe = Pipe()
        let sink = BufferedSink(pipe.fileHandleForWriting.fileDescriptor, maxBytes: 1 << 17, notice: Self.notice)
        let line = String(repeating: "x", count: 999) + "\n"
        for _ in 0..<1_000 { sink.write(line) }
        let dropped = sink.droppedLines
        #expect(dropped > 700 && dropped < 1_000)
        #expect(await !sink.isFlushed(within: .milliseconds(1)))
        let reader = PipeReader(pipe.fileHandleForReading)
        #expect(await sink.isFlushed(within: .seconds(30)))
        sink.write("later\n")
        #expect(await sink.isFlushed(within: .seconds(30)))
        try pipe.fileHandleForWriting.close()
        let lines = try await reader.text.split(separator: "\n")
        #expect(lines.count { $0.count == 999 } == 1_000 - dropped)
        // The writer may begin while lines are still being dropped: then it tells of them in more than one line.
        let told = lines.compactMap { line in line.hasSuffix(" dropped") ? Int(line.dropLast(8)) : nil }
        #expect(told.reduce(0, +) == dropped)
        #expect(lines.last == "later")
    }

    @Test("A file that takes nothing more loses lines, and counts them")
    func closed() async throws {
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let sink = BufferedSink(pipe.fileHandleForWriting.fileDescriptor, notice: Self.notice)
        signal(SIGPIPE, SIG_IGN)
        sink.write("lost\n")
        #expect(await sink.isFlushed(within: .seconds(30)))
        #expect(sink.droppedLines == 1)
    }

    @Test("A descriptor that doesn't block is waited for, on the writer's thread")
    func nonBlocking() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        let sink = BufferedSink(descriptor, maxBytes: 1 << 24, notice: Self.notice)
        sink.write(String(repeating: "x", count: 1 << 20) + "\n")
        sink.write("next\n")
        let reader = PipeReader(pipe.fileHandleForReading)
        #expect(await sink.isFlushed(within: .seconds(30)))
        try pipe.fileHandleForWriting.close()
        #expect(try await reader.text.split(separator: "\n").map(\.count) == [1 << 20, 4])
    }
}

/// Reads to the end on a thread of its own, from the start on.
private struct PipeReader {
    private let result: AsyncStream<Result<String, any Error>>

    init(_ handle: FileHandle) {
        let (stream, continuation) = AsyncStream<Result<String, any Error>>.makeStream()
        self.result = stream
        Thread.detachNewThread {
            continuation.yield(Result { String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self) })
            continuation.finish()
        }
    }

    var text: String {
        get async throws {
            for await result in self.result { return try result.get() }
            return ""
        }
    }
}

extension BufferedSink {
    /// Waits on a thread of its own.
    fileprivate func isFlushed(within limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.flush(within: limit)) }
        }
    }
}
