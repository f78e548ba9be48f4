import NIOCore
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let readingCases: [ContractCase] = [
        ContractCase("forward pages go from after the cursor up to and including the end") { under in
            try await under.withStore { store in
                let ids = try await store.append((0..<10).map { "\($0)" }, to: .named("t"))
                #expect(try await store.read(.named("t"), .forward(after: ids[6])).texts == ["7", "8", "9"])
                let range = ReadRequest.Range.forward(after: ids[2], through: ids[5])
                let page = try await store.read(.named("t"), range)
                #expect(page.texts == ["3", "4", "5"] && !page.hasMore)
                #expect(try await store.read(.named("t"), .forward(after: ids[9])).messages.isEmpty)
                #expect(try await store.read(.named("t"), .forward(after: .max)).messages.isEmpty)
                let backwards = ReadRequest.Range.forward(after: ids[5], through: ids[2])
                #expect(try await store.read(.named("t"), backwards).messages.isEmpty)
            }
        },
        ContractCase("backward pages go down from before the cursor, or from the newest") { under in
            try await under.withStore { store in
                let ids = try await store.append((0..<6).map { "\($0)" }, to: .named("t"))
                let newest = try await store.read(.named("t"), .backward(before: nil), messages: 2)
                #expect(newest.texts == ["5", "4"] && newest.hasMore)
                let rest = try await store.read(.named("t"), .backward(before: ids[2]), messages: 2)
                #expect(rest.texts == ["1", "0"] && !rest.hasMore)
                #expect(try await store.read(.named("t"), .backward(before: ids[0])).messages.isEmpty)
                #expect(try await store.read(.named("t"), .backward(before: .zero)).messages.isEmpty)
                let all = try await store.read(.named("t"), .backward(before: .max))
                #expect(all.texts == ["5", "4", "3", "2", "1", "0"])
            }
        },
        ContractCase("cursors that are nobody's id compare by value") { under in
            try await under.withStore { store in
                let ids =
                    try await store.append(["a"], at: 1, to: .named("t"))
                    + (try await store.append(["b", "c"], at: 2, to: .named("t")))
                let between = MessageID(milliseconds: ids[0].milliseconds, sequence: ids[0].sequence + 1)
                #expect(try await store.read(.named("t"), .forward(after: between)).texts == ["b", "c"])
                #expect(try await store.read(.named("t"), .backward(before: between)).texts == ["a"])
                let through = ReadRequest.Range.forward(after: .zero, through: between)
                #expect(try await store.read(.named("t"), through).texts == ["a"])
                let huge = MessageID(milliseconds: ids[0].milliseconds, sequence: .max)
                #expect(try await store.read(.named("t"), .forward(after: huge)).texts == ["b", "c"])
                #expect(try await store.read(.named("t"), .backward(before: huge)).texts == ["a"])
            }
        },
        ContractCase("a page ends at its number of messages and tells whether more follow") { under in
            try await under.withStore { store in
                let ids = try await store.append(["a", "b", "c"], to: .named("t"))
                for (count, hasMore) in [(1, true), (2, true), (3, false), (4, false)] {
                    let page = try await store.read(.named("t"), messages: count)
                    #expect(page.messages.count == min(3, count) && page.hasMore == hasMore)
                    let backward = try await store.read(.named("t"), .backward(before: nil), messages: count)
                    #expect(backward.messages.count == min(3, count) && backward.hasMore == hasMore)
                }
                let range = ReadRequest.Range.forward(after: .zero, through: ids[1])
                #expect(try await store.read(.named("t"), range, messages: 2).hasMore == false)
                #expect(try await store.read(.named("t"), range, messages: 1).hasMore)
            }
        },
        ContractCase("a page ends once its messages' cost reaches the limit, but has at least one") { under in
            try await under.withStore { store in
                try await store.append((0..<5).map { "\($0)" }, to: .named("t"))
                let cost = try await store.read(.named("t")).messages[0].memoryCost
                for (bytes, count) in [(0, 1), (1, 1), (cost, 1), (cost + 1, 2), (3 * cost, 3), (99 * cost, 5)] {
                    let page = try await store.read(.named("t"), bytes: bytes)
                    #expect(page.messages.count == count && page.hasMore == (count < 5))
                }
            }
        },
        ContractCase("expired messages are neither returned nor counted as more") { under in
            try await under.withStore { store in
                let drafts: [Draft] = [
                    .text("a"), .text("b", ttl: 5), .text("c", ttl: 10), .text("d"), .text("e", ttl: 5),
                ]
                try await store.append(drafts, to: .named("t"))
                #expect(try await store.read(.named("t"), at: 4.999).texts == ["a", "b", "c", "d", "e"])
                #expect(try await store.read(.named("t"), at: 5).texts == ["a", "c", "d"])
                let last = try await store.read(.named("t"), messages: 3, at: 5)
                #expect(last.texts == ["a", "c", "d"] && !last.hasMore)
                let backward = try await store.read(.named("t"), .backward(before: nil), messages: 1, at: 10)
                #expect(backward.texts == ["d"] && backward.hasMore)
                #expect(backward.bounds.trimmedThrough == .zero)
            }
        },
        ContractCase("following a cursor page by page sees everything once") { under in
            try await under.withStore { store in
                let texts = (0..<500).map { "\($0)" }
                try await store.append(texts.map { .text($0) }, to: .named("t"))
                var seen: [String] = []
                var page = try await store.read(.named("t"), messages: 7)
                seen += page.texts
                while page.hasMore, let last = page.ids.last {
                    page = try await store.read(.named("t"), .forward(after: last), messages: 7)
                    seen += page.texts
                }
                #expect(seen == texts)
            }
        },
    ]
}
