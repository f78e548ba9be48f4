import Testing

@testable import RelayQUIC

@Suite("Datagrams that the system has put together")
struct IntakeTests {
    @Test(
        "come apart again, the last one shorter where it is",
        arguments: [
            (bytes: 3_600, size: 1_200, parts: [1_200, 1_200, 1_200]),
            (bytes: 2_450, size: 1_200, parts: [1_200, 1_200, 50]),
            (bytes: 1_200, size: 1_200, parts: [1_200]),
            (bytes: 40, size: 1_200, parts: [40]),
            (bytes: 40, size: 0, parts: [40]),
            (bytes: 0, size: 0, parts: [0]),
        ]
    )
    func split(_ bytes: Int, _ size: Int, _ parts: [Int]) {
        let content = (0..<bytes).map { UInt8(truncatingIfNeeded: $0) }
        var got: [[UInt8]] = []
        unsafe content.withUnsafeBytes { content in
            unsafe UDPIntake.split(content, each: size) { got.append(unsafe Array($0)) }
        }
        #expect(got.map(\.count) == parts)
        #expect(got.flatMap { $0 } == content)
    }
}
