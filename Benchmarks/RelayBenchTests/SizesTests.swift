import Testing

@testable import relay_bench

@Suite
struct SizesTests {
    @Test(
        "servers that have their readers at once share the limit of open files",
        arguments: [
            (openFiles: 20_000, servers: 2, readers: 9_750),
            (openFiles: 20_000, servers: 1, readers: 10_000),
            (openFiles: 1_048_576, servers: 2, readers: 10_000),
        ]
    )
    func readersOfEach(_ openFiles: Int, _ servers: Int, _ readers: Int) {
        var sizes = Sizes.full
        sizes.openFiles = openFiles
        #expect(sizes.readers(ofEachOf: servers) == readers)
    }
}
