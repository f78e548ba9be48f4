import RelayWire
import SeededRandom
import Testing

@testable import RelayCore

@Suite("Acknowledgements that wait to be stored")
struct AckBookTests {
    private func reader(_ name: String) -> NamedReader {
        NamedReader(topic: .named("news"), user: UserID("olga"), name: ReaderName(name)!)
    }

    private func entry(_ ms: UInt64, epoch: UInt64 = 1) -> AckBook.Entry {
        let position = ReaderPosition(epoch: epoch, id: MessageID(milliseconds: ms, sequence: 0))
        return AckBook.Entry(position: position, at: Timestamp(microseconds: Int64(ms)), makesReader: false)
    }

    @Test("of each reader the newest waits, and each counts once")
    func newestWins() {
        var book = AckBook()
        #expect(book.add(self.entry(5), of: self.reader("a")) == 1)
        #expect(book.add(self.entry(9), of: self.reader("a")) == 0)
        #expect(book.add(self.entry(7), of: self.reader("a")) == 0)
        #expect(book.add(self.entry(1), of: self.reader("b")) == 1)
        #expect(book.newest(of: self.reader("a"))?.position.id.milliseconds == 9)
        #expect(book.count == 2)
        #expect(book.forget(self.reader("a")) == 1)
        #expect(book.forget(self.reader("a")) == 0)
        #expect(book.take(9).map(\.reader) == [self.reader("b")])
    }

    @Test("nothing is handed out beside what is under way, and what comes meanwhile waits")
    func underWay() {
        var book = AckBook()
        _ = book.add(self.entry(5), of: self.reader("a"))
        #expect(book.take(9).count == 1)
        #expect(book.add(self.entry(5), of: self.reader("a")) == 0)
        #expect(book.add(self.entry(6), of: self.reader("a")) == 1)
        #expect(book.take(9).isEmpty)
        #expect(book.stored() == 1)
        #expect(book.take(9).map(\.entry.position.id.milliseconds) == [6])
        #expect(book.stored() == 1 && book.isEmpty)
    }

    @Test("what is not stored waits again, unless something newer does")
    func failure() {
        var book = AckBook()
        for name in ["a", "b"] { _ = book.add(self.entry(5), of: self.reader(name)) }
        #expect(book.take(9).count == 2)
        _ = book.add(self.entry(6), of: self.reader("a"))
        #expect(book.failed() == 1)
        let again = Dictionary(
            uniqueKeysWithValues: book.take(9).map { ($0.reader, $0.entry.position.id.milliseconds) }
        )
        #expect(again == [self.reader("a"): 6, self.reader("b"): 5])
    }

    /// A store that takes, fails, or takes and says that it failed.
    @Test(
        "whatever happens in whatever order, no newest is lost, and nothing is stored that was not acknowledged",
        arguments: 0..<40
    )
    func walk(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var book = AckBook()
        var acknowledged: [NamedReader: UInt64] = [:]
        var stored: [NamedReader: UInt64] = [:]
        var underWay: [(reader: NamedReader, entry: AckBook.Entry)] = []
        var count = 0
        for _ in 0..<400 {
            let reader = self.reader(["a", "b", "c"].randomElement(using: &random)!)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let ms = UInt64.random(in: 1...1_000, using: &random)
                acknowledged[reader] = max(acknowledged[reader] ?? 0, ms)
                count += book.add(self.entry(ms), of: reader)
            case 6..<8 where underWay.isEmpty:
                underWay = book.take(Int.random(in: 1...3, using: &random))
            default:
                let isTaken = random.chance(60)
                if isTaken || random.chance(30) {
                    for item in underWay {
                        let ms = item.entry.position.id.milliseconds
                        #expect(ms <= acknowledged[item.reader] ?? 0)
                        stored[item.reader] = max(stored[item.reader] ?? 0, ms)
                    }
                }
                count -= isTaken ? book.stored() : book.failed()
                underWay = []
            }
            #expect(book.count == count)
            for (reader, newest) in acknowledged {
                let known = max(stored[reader] ?? 0, book.newest(of: reader)?.position.id.milliseconds ?? 0)
                #expect(known == newest)
            }
        }
    }
}
