import Foundation
import Testing

@testable import RelayServer

@Suite struct DescriptorSinkTests {
    @Test("Lines written at once come out whole, and none is lost", .timeLimit(.minutes(1)))
    func wholeLines() async throws {
        let pipe = Pipe()
        let sink = DescriptorSink(pipe.fileHandleForWriting.fileDescriptor)
        let expected = (0..<200).map { "\($0) " + String(repeating: "x", count: 10_000) + "\n" }
        async let read = pipe.fileHandleForReading.readToEndOffThread()
        await withTaskGroup { group in
            for line in expected {
                group.addTask { sink.write(line) }
            }
        }
        try pipe.fileHandleForWriting.close()
        let text = try await read
        let lines = text.split(separator: "\n").map { "\($0)\n" }
        #expect(lines.sorted() == expected.sorted())
    }

    @Test("After a line that could be written in part only, the next begins on a line of its own")
    func cutLine() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        let sink = DescriptorSink(descriptor, patience: 0)
        sink.write(String(repeating: "x", count: 1 << 20) + "\n")
        sink.write("lost\n")
        var data = pipe.fileHandleForReading.availableData
        sink.write("next\n")
        try pipe.fileHandleForWriting.close()
        data += try pipe.fileHandleForReading.readToEnd() ?? Data()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last == "next")
        #expect(lines.first?.allSatisfy { $0 == "x" } == true)
    }
}

extension FileHandle {
    /// Reads on a thread of its own, since a pipe's reader blocks.
    fileprivate func readToEndOffThread() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { String(decoding: try self.readToEnd() ?? Data(), as: UTF8.self) })
            }
        }
    }
}
