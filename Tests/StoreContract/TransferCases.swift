import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let transferCases: [ContractCase] = [
        ContractCase("an imported stream has the messages, the epoch and the bounds that it had") { under in
            try await under.withStore { store in
                let epoch = StreamEpoch(id: 0xFFFF_0000_1234_5678, start: .of(3))
                let messages: [Message] = [
                    .imported("a", 5), .imported("b", 6, ttl: 100),
                    .imported("c", 9, sender: "peer", audience: .one("x")),
                ]
                let part = StreamPart.of("t", epoch, after: .zero, Array(messages[..<2]), trimmed: .of(4), last: .of(6))
                #expect(try await store.importStream(part).bounds?.count == 2)
                let rest = StreamPart.of("t", epoch, after: .of(6), [messages[2]], trimmed: .of(4), last: .of(12))
                let outcome = try await store.importStream(rest)
                let bounds = StreamBounds(epoch: epoch, last: .of(12), trimmedThrough: .of(4), count: 3)
                #expect(outcome == .stored(bounds))
                #expect(try await store.bounds(of: .named("t")) == bounds)
                #expect(try await store.read(.named("t")).messages == messages)
                #expect(try await store.read(.named("t"), at: 101).texts == ["a", "c"])
                let next = try await store.append([.text("d", at: 0)], to: .named("t"))
                #expect(next.stored[0].id > .of(12) && next.bounds.epoch == epoch)
                #expect(try await store.read(.named("t"), .forward(after: .of(9))).texts == ["d"])
            }
        },
        ContractCase("a part that does not go on where the stream is stores nothing") { under in
            try await under.withStore { store in
                let epoch = StreamEpoch(id: 7, start: .zero)
                let first = StreamPart.of("t", epoch, after: .zero, [.imported("a", 5)], last: .of(5))
                let known = try await store.importStream(first)
                #expect(try await store.importStream(first) == .unexpected(try #require(known.bounds)))
                let gap = StreamPart.of("t", epoch, after: .of(6), [.imported("b", 7)], last: .of(7))
                #expect(try await store.importStream(gap).bounds == nil)
                let other = StreamEpoch(id: 8, start: .zero)
                let stranger = StreamPart.of("t", other, after: .zero, [.imported("b", 7)], last: .of(7))
                #expect(try await store.importStream(stranger).bounds == nil)
                let late = StreamPart.of("u", epoch, after: .of(5), [.imported("b", 7)], last: .of(7))
                #expect(try await store.importStream(late) == .unexpected(StreamBounds()))
                #expect(try await store.read(.named("t")).texts == ["a"])
                #expect(try await store.bounds(of: .named("u")) == StreamBounds())
            }
        },
        ContractCase("imported snapshots stand for what is before them, and that can still be asked for") { under in
            try await under.withStore { store in
                let epoch = StreamEpoch(id: 7, start: .zero)
                let messages: [Message] = [
                    .imported("a", 1), .imported("S", 2, isSnapshot: true), .imported("b", 3),
                    .imported("T", 4, isSnapshot: true), .imported("c", 5),
                ]
                let part = StreamPart.of("t", epoch, after: .zero, messages, last: .of(5))
                #expect(try await store.importStream(part).bounds?.count == 2)
                #expect(try await store.read(.named("t")).texts == ["T", "c"])
                let all = try await store.read(.named("t"), includesSuperseded: true)
                #expect(all.messages == messages)
                let put = try await store.put("U", at: .of(5), of: .named("t"), keeping: 1_000)
                #expect(put?.count == 1)
                #expect(try await store.read(.named("t")).texts == ["U"])
            }
        },
        ContractCase("a stream of which all is trimmed keeps its ids and its epoch") { under in
            try await under.withStore { store in
                let epoch = StreamEpoch(id: 7, start: .of(2))
                let part = StreamPart.of("t", epoch, after: .zero, [], trimmed: .of(9), last: .of(9))
                #expect(try await store.importStream(part).bounds?.count == 0)
                let bounds = try await store.bounds(of: .named("t"))
                #expect(bounds == StreamBounds(epoch: epoch, last: .of(9), trimmedThrough: .of(9)))
                let receipt = try await store.append([.text("a", at: 0)], to: .named("t"))
                #expect(receipt.stored[0].id > .of(9) && receipt.bounds.epoch == epoch)
            }
        },
        ContractCase("all streams are listed, by pages") { under in
            try await under.withStore { store in
                let keys = (0..<25).map { TopicKey.named("t\($0)") } + [.named("room/1/part"), .named("x", in: "ann")]
                for key in keys { try await store.append(["m"], to: key) }
                _ = try await store.createTopic(.of(.named("gone")))
                try await store.append(["m"], to: .named("gone"))
                _ = try await store.deleteTopic(.named("gone"))
                var (found, place) = (Set<TopicKey>(), String?.none)
                repeat {
                    let listing = try await store.streams(after: place, limit: 10)
                    for entry in listing.entries {
                        found.insert(entry.key)
                        #expect(!entry.isHot)
                    }
                    place = listing.next
                } while place != nil
                #expect(found == Set(keys + [.named("gone")]))
            }
        },
        ContractCase("all refresh tokens of a user are listed, spent ones too") { under in
            try await under.withStore { store in
                for number in 0..<5 {
                    var token = RefreshToken.of("j\(number)", user: "u")
                    if number == 3 { token.rotatedAt = .at(1) }
                    if number == 4 { token.revokedAt = .at(1) }
                    try await store.insertRefreshToken(token)
                }
                try await store.insertRefreshToken(.of("other", user: "v"))
                let first = try await store.refreshTokens(of: UserID("u"), after: nil, limit: 3)
                #expect(first.map(\.jti) == ["j0", "j1", "j2"])
                let rest = try await store.refreshTokens(of: UserID("u"), after: "j2", limit: 3)
                #expect(rest.map(\.jti) == ["j3", "j4"] && rest[0].rotatedAt == .at(1) && rest[1].revokedAt == .at(1))
            }
        },
        ContractCase("denied tokens are listed by expiry and then by name") { under in
            try await under.withStore { store in
                let ends: [(String, Double)] = [("c", 1), ("a", 2), ("b", 2), ("d", 0.5)]
                for (jti, end) in ends { try await store.denyToken(jti, of: UserID("u"), until: .at(end)) }
                var (found, last) = ([String](), DeniedToken?.none)
                while let page = try? await store.deniedTokens(after: last, limit: 2), let end = page.last {
                    found += page.map(\.jti)
                    last = end
                }
                #expect(found == ["d", "c", "a", "b"])
                #expect(last == DeniedToken(jti: "b", expiresAt: .at(2)))
            }
        },
    ]
}

extension MessageID {
    fileprivate static func of(_ milliseconds: UInt64) -> MessageID {
        MessageID(milliseconds: 1_900_000_000_000 + milliseconds, sequence: 0)
    }
}

extension Message {
    fileprivate static func imported(
        _ text: String,
        _ milliseconds: UInt64,
        ttl: Int64? = nil,
        sender: String? = nil,
        audience: Audience = .everyone,
        isSnapshot: Bool = false
    ) -> Message {
        Message(
            id: .of(milliseconds),
            timestamp: .at(0),
            payload: ByteBuffer(string: text),
            format: isSnapshot ? .binary : .json,
            metadata: sender == nil ? nil : ByteBuffer(string: "{\"k\":\"v\"}"),
            expiresAt: ttl.map { Timestamp.at(0).adding(seconds: $0) },
            audience: audience,
            sender: sender,
            isSnapshot: isSnapshot
        )
    }
}

extension StreamPart {
    fileprivate static func of(
        _ topic: String,
        _ epoch: StreamEpoch,
        after: MessageID,
        _ messages: [Message],
        trimmed: MessageID = .zero,
        last: MessageID
    ) -> StreamPart {
        StreamPart(
            topic: .named(topic),
            epoch: epoch,
            after: after,
            messages: messages,
            trimmedThrough: trimmed,
            last: last
        )
    }
}

extension StreamImportOutcome {
    /// Where it is stored.
    fileprivate var bounds: StreamBounds? {
        if case .stored(let bounds) = self { return bounds }
        return nil
    }
}
