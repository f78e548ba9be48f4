import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Answers to STUN")
struct STUNResponderTests {
    @Test("a bare request, byte for byte")
    func golden() {
        let exchange = STUNExchange()
        let head: [UInt8] = [0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        let request = ByteBuffer(bytes: [0, 1, 0, 0] as [UInt8] + head)
        // 198.51.100.7 and 40000, mixed with the cookie.
        let address: [UInt8] = [0, 0x20, 0, 8, 0, 1, 0xBD, 0x52, 0xE7, 0x21, 0xC0, 0x45]
        let software: [UInt8] = [0x80, 0x22, 0, 12] + Array("pulsar-relay".utf8)
        let answer: [UInt8] = [1, 1, 0, 28] + head + address + software
        #expect(
            exchange.decide(request)
                == .answer(ByteBuffer(bytes: answer), to: STUNExchange.client, from: STUNExchange.local)
        )
    }

    @Test("a fingerprint for a client that has shown one")
    func fingerprint() throws {
        let exchange = STUNExchange()
        let without = try #require(try exchange.answer(STUNExchange.request()))
        #expect(!without.hasFingerprint)
        let with = try #require(try exchange.answer(STUNExchange.request { $0.addFingerprint() }))
        #expect(with.hasFingerprint && with.fingerprintIsRight)
        #expect(with.header.transaction == STUNExchange.transaction)
        #expect(try with.address(.xorMappedAddress) == STUNExchange.client)
    }

    @Test("a client of RFC 3489 gets MAPPED-ADDRESS alone, under its own id")
    func withoutCookie() throws {
        let exchange = STUNExchange(STUNExchange.full)
        let answer = try #require(try exchange.answer(STUNExchange.request(cookie: 0xAABB_CCDD)))
        #expect(answer.header.cookie == 0xAABB_CCDD)
        #expect(answer.header.transaction == STUNExchange.transaction)
        #expect(try answer.address(.mappedAddress) == STUNExchange.client)
        #expect(answer.bytes.readableBytes == 32)
    }

    @Test("an IPv6 client, and an IPv4 one on a socket for both")
    func families() throws {
        let exchange = STUNExchange()
        let six = try #require(try exchange.answer(STUNExchange.request(), from: STUNExchange.client6))
        #expect(try six.address(.xorMappedAddress) == STUNExchange.client6)
        let mapped = TransportAddress(.v6(0, 0xFFFF_C633_6407), port: 40_000)
        let four = try #require(try exchange.answer(STUNExchange.request(), from: mapped))
        #expect(try four.address(.xorMappedAddress) == STUNExchange.client)
    }

    @Test("420 lists what was not understood, also for an old client; RESPONSE-ADDRESS is among it")
    func unknown() throws {
        let exchange = STUNExchange()
        for cookie in [STUNHeader.magicCookie, 0xAABB_CCDD] {
            var request = STUNExchange.request(cookie: cookie)
            request.writeBytes([0, 2, 0, 8, 0, 1, 0, 53, 8, 8, 8, 8, 0, 0x24, 0, 0])
            request.setInteger(UInt16(16), at: 2)
            let answer = try #require(try exchange.answer(request))
            #expect(answer.type == STUNMessageType(.binding, .error))
            #expect(try answer.errorCode() == .unknownAttribute)
            #expect(try answer.notUnderstood() == [0x0002, 0x0024])
        }
    }

    @Test(
        "no answer is due",
        arguments: [
            (STUNMessageType(.binding, .indication), DatagramIgnored.notServed),
            (STUNMessageType(.binding, .success), .notServed),
            (STUNMessageType(.binding, .error), .notServed),
            (STUNMessageType(.allocate, .request), .notServed),
        ]
    )
    func ignored(type: STUNMessageType, reason: DatagramIgnored) {
        let exchange = STUNExchange()
        #expect(exchange.decide(STUNMessageWriter(type, STUNExchange.transaction).bytes) == .ignore(reason))
    }

    @Test("a wrong fingerprint, a cut message and a source that can't be answered are ignored")
    func broken() {
        let exchange = STUNExchange()
        var request = STUNExchange.request { $0.addFingerprint() }
        #expect(
            exchange.decide(request, from: TransportAddress(.v4(1), port: 0)) == .ignore(.malformed)
        )
        let cut = request.getSlice(at: 0, length: request.readableBytes - 1) ?? ByteBuffer()
        #expect(exchange.decide(cut) == .ignore(.malformed))
        request.setInteger(UInt32(7), at: 24)
        #expect(exchange.decide(request) == .ignore(.wrongFingerprint))
    }

    @Test("a source gets so many answers, and what is not answered takes none of them")
    func limited() {
        let exchange = STUNExchange(perSecond: 3)
        let indication = STUNMessageWriter(STUNMessageType(.binding, .indication), STUNExchange.transaction).bytes
        for _ in 0..<10 { _ = exchange.decide(indication) }
        let decisions = (0..<5).map { _ in exchange.decide(STUNExchange.request()) }
        #expect(decisions.filter { $0 == .ignore(.tooMany) }.count == 2)
        let other = exchange.decide(STUNExchange.request(), from: STUNExchange.client6)
        #expect(other != .ignore(.tooMany))
    }

    // MARK: RFC 5780

    @Test(
        "from the other port, the other address, or both",
        arguments: [
            (STUNChangeRequest(), STUNExchange.local),
            (.port, TransportAddress(STUNExchange.primary, port: 7_001)),
            (.address, TransportAddress(STUNExchange.alternate, port: 7_000)),
            (STUNChangeRequest([.address, .port]), TransportAddress(STUNExchange.alternate, port: 7_001)),
        ]
    )
    func change(change: STUNChangeRequest, origin: TransportAddress) throws {
        let exchange = STUNExchange(STUNExchange.full)
        let request = STUNExchange.request {
            $0.add(.software, text: "a client with a name, as they have")
            $0.add(.changeRequest, number: change.rawValue)
        }
        guard case .answer(let bytes, STUNExchange.client, origin) = exchange.decide(request) else {
            Issue.record("from another endpoint, or none")
            return
        }
        let answer = try STUNMessage(bytes)
        #expect(try answer.address(.responseOrigin) == origin)
        #expect(try answer.address(.otherAddress) == TransportAddress(STUNExchange.alternate, port: 7_001))
        #expect(try answer.address(.mappedAddress) == STUNExchange.client)
        #expect(try answer.address(.xorMappedAddress) == STUNExchange.client)
        #expect(try answer.text(.software) == "pulsar-relay")
    }

    @Test("each endpoint's other one is the opposite")
    func opposites() {
        for address in [STUNExchange.primary, STUNExchange.alternate] {
            for port: UInt16 in [7_000, 7_001] {
                let here = TransportAddress(address, port: port)
                let there = STUNExchange.full.endpoint(here, changing: [.address, .port])
                #expect(there != nil && there?.address != address && there?.port != port)
                #expect(there.flatMap { STUNExchange.full.endpoint($0, changing: [.address, .port]) } == here)
            }
        }
    }

    @Test(
        "what can't be changed is a 420 with CHANGE-REQUEST",
        arguments: [
            (STUNExchange.plain, STUNChangeRequest.port), (STUNExchange.plain, .address),
            (STUNExchange.onePort, .address),
            (STUNExchange.onePort, STUNChangeRequest([.address, .port])),
        ]
    )
    func impossible(endpoints: STUNEndpoints, change: STUNChangeRequest) throws {
        let exchange = STUNExchange(endpoints)
        let answer = try exchange.answer(STUNExchange.request { $0.add(.changeRequest, number: change.rawValue) })
        #expect(try answer?.errorCode() == .unknownAttribute)
        #expect(try answer?.notUnderstood() == [0x0003])
    }

    @Test("with a second port alone the port changes, and there is no OTHER-ADDRESS")
    func portAlone() throws {
        let exchange = STUNExchange(STUNExchange.onePort)
        let request = STUNExchange.request { $0.add(.changeRequest, number: STUNChangeRequest.port.rawValue) }
        let origin = TransportAddress(STUNExchange.primary, port: 7_001)
        guard case .answer(let bytes, _, origin) = exchange.decide(request) else {
            Issue.record("not from the other port")
            return
        }
        let answer = try STUNMessage(bytes)
        #expect(try answer.address(.responseOrigin) == origin)
        #expect(!answer.has(.otherAddress))
        // To the second port, and back from the first.
        let back = exchange.decide(request, at: origin)
        guard case .answer(_, _, STUNExchange.local) = back else {
            Issue.record("not from the first port")
            return
        }
    }

    @Test("RESPONSE-PORT chooses another port of the same address")
    func responsePort() throws {
        let exchange = STUNExchange(STUNExchange.onePort)
        let request = STUNExchange.request { $0.add(.responsePort, leading: UInt16(50_000)) }
        let target = TransportAddress(STUNExchange.client.address, port: 50_000)
        guard case .answer(_, target, STUNExchange.local) = exchange.decide(request) else {
            Issue.record("not to the other port")
            return
        }
        for bad in [
            STUNExchange.request { $0.add(.responsePort, leading: UInt16(0)) },
            STUNExchange.request { $0.add(.responsePort, number: UInt8(1)) },
            STUNExchange.request { $0.add(.changeRequest, number: UInt16(1)) },
            STUNExchange.request {
                $0.add(.responsePort, leading: UInt16(50_000))
                $0.add(.padding, ByteBuffer(repeating: 0, count: 64))
            },
        ] {
            #expect(try exchange.answer(bad)?.errorCode() == .badRequest)
        }
    }

    @Test("PADDING comes back as long as it came")
    func padding() throws {
        let exchange = STUNExchange(STUNExchange.full)
        let padding = ByteBuffer(repeating: 0x55, count: 1_200)
        let answer = try exchange.answer(STUNExchange.request { $0.add(.padding, padding) })
        #expect(answer?.value(.padding) == ByteBuffer(repeating: 0, count: 1_200))
    }

    @Test("on a stream nothing can take another way")
    func stream() throws {
        let exchange = STUNExchange(STUNExchange.full)
        let plain = exchange.decide(STUNExchange.request(), isStream: true)
        guard case .answer(_, STUNExchange.client, STUNExchange.local) = plain else {
            Issue.record("no answer")
            return
        }
        for (type, request) in [
            (STUNAttributeType.changeRequest, STUNExchange.request { $0.add(.changeRequest, number: UInt32(2)) }),
            (.responsePort, STUNExchange.request { $0.add(.responsePort, leading: UInt16(9)) }),
        ] {
            guard
                case .answer(let bytes, STUNExchange.client, STUNExchange.local) = exchange.decide(
                    request,
                    isStream: true
                )
            else {
                Issue.record("no answer")
                return
            }
            #expect(try STUNMessage(bytes).notUnderstood() == [type.rawValue])
        }
    }

    // MARK: Never amplifying

    @Test(
        "no answer is longer than three times its request, at any length and whatever it holds",
        arguments: 0..<6 as Range<UInt64>
    )
    func amplification(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let endpoints = [STUNExchange.plain, STUNExchange.onePort, STUNExchange.full].randomElement(using: &random)
        let exchange = STUNExchange(endpoints ?? STUNExchange.full, software: String(repeating: "s", count: 90))
        let types = STUNAttributeType.allCases.map(\.rawValue) + [0x0002, 0x0004, 0x0024, 0x7FFF, 0xC000]
        var answers = 0
        for _ in 0..<3_000 {
            let cookie = random.chance(70) ? STUNHeader.magicCookie : 0x0101_0101
            var request = STUNExchange.request(cookie: cookie)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let size = random.chance(60) ? 4 : Int.random(in: 0...40, using: &random)
                request.writeInteger(types.randomElement(using: &random) ?? 0)
                request.writeInteger(UInt16(size))
                request.writeBytes((0..<(size + 3) & ~3).map { _ in UInt8.random(in: 0...7, using: &random) })
            }
            request.setInteger(UInt16(request.readableBytes - 20), at: 2)
            let source = random.chance(50) ? STUNExchange.client : STUNExchange.client6
            guard case .answer(let answer, let target, _) = exchange.decide(request, from: source) else { continue }
            answers += 1
            #expect(answer.readableBytes <= 3 * request.readableBytes)
            #expect(target.address == source.address)
            #expect((try? STUNMessage(answer)) != nil)
        }
        #expect(answers > 500)
    }
}
