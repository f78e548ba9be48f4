import RelayClient
import RelayWire
import Testing

@testable import RelayCommands

@Suite("The screen of top")
struct TopTests {
    private static func metrics(_ received: Int, _ topics: [String: Int], uptime: Double = 1, slow: Int = 0)
        -> MetricsText
    {
        var lines = [
            "# HELP relay_messages_received_total Messages.",
            "relay_messages_received_total \(received - topics.values.reduce(0, +))",
            "relay_messages_delivered_total{delivery_type=\"websocket\"} \(2 * received)",
            "relay_messages_delivered_total{delivery_type=\"long_poll\"} \(received)",
            "pulsar_http_requests_total{method=\"POST\",path=\"/x\",status=\"2xx\"} \(received)",
            "pulsar_http_requests_total{method=\"POST\",path=\"/x\",status=\"5xx\"} \(slow)",
            "process_cpu_seconds_total \(uptime)", "process_resident_memory_bytes 94371840",
            "relay_memory_bytes{account=\"hot_tier\"} 2048", "relay_websocket_connections_active 12",
            "relay_message_latency_seconds_bucket{le=\"0.001\"} \(received - slow)",
            "relay_message_latency_seconds_bucket{le=\"0.5\"} \(received)",
            "relay_message_latency_seconds_bucket{le=\"+Inf\"} \(received)",
        ]
        for (topic, count) in topics {
            lines.append("relay_messages_received_total{topic=\"\(topic)\"} \(count)")
        }
        return MetricsText(lines.joined(separator: "\n"))
    }

    private static func sample(
        _ at: Double,
        _ metrics: MetricsText,
        nodes: [JSONDocument]? = nil,
        topics: [JSONDocument]? = nil
    ) -> TopSample {
        TopSample(at: at, metrics: metrics, nodes: nodes, topics: topics)
    }

    private static let figures = TopFigures(
        from: sample(10, metrics(100, ["news": 100])),
        to: sample(12, metrics(300, ["news": 260, "jobs": 40], uptime: 1.5, slow: 10))
    )

    @Test("numbers are read with their labels, whatever stands in those; nonsense is left out")
    func parsing() {
        let text = MetricsText(
            #"""
            # TYPE a counter
            a 1.5
            a{x="1",y="two \"\\\n{}, ="} 2
            b{x="}"} +Inf
            c{x="open
            d{x} 3
            e{}7
            f nonsense

            g -4e2 1700000000
            """#
        )
        #expect(text.total("a") == 3.5)
        #expect(text["a"].last?.labels == ["x": "1", "y": "two \"\\\n{}, ="])
        #expect(text.value("b", "x", "}") == .infinity)
        #expect(text["c"].isEmpty && text["d"].isEmpty && text["f"].isEmpty)
        #expect(text.total("g") == -400)
        #expect(text.total("none") == nil)
        #expect(MetricsText("x{a=\"1\"} 2\nx{a=\"2\"} 3").total("x") == 5)
    }

    @Test("rates are of the time between two samples, and a relay that began anew counts from nothing")
    func rates() {
        let figures = Self.figures
        #expect(figures.rate("relay_messages_received_total") == 100)
        #expect(figures.rate("relay_messages_delivered_total") == 300)
        #expect(figures.failures == 5)
        #expect(figures.latency(0.5) == 0.001)
        #expect(figures.latency(0.99) == 0.5)
        #expect(figures.topics(by: .rate).map(\.name) == ["news", "jobs"])
        #expect(figures.topics(by: .rate).map(\.rate) == [80, 20])
        #expect(figures.topics(by: .name).map(\.name) == ["jobs", "news"])
        let anew = TopFigures(from: Self.sample(10, Self.metrics(100, [:])), to: Self.sample(11, Self.metrics(7, [:])))
        #expect(anew.rate("relay_messages_received_total") == 7)
        let still = TopFigures(from: Self.sample(10, Self.metrics(1, [:])), to: Self.sample(10, Self.metrics(9, [:])))
        #expect(still.rate("relay_messages_received_total") == 0)
        #expect(still.latency(0.5) != nil)
        let idle = TopFigures(from: Self.sample(10, Self.metrics(1, [:])), to: Self.sample(12, Self.metrics(1, [:])))
        #expect(idle.latency(0.5) == nil)
    }

    @Test("without counts of topics their rate is by what an administrator sees, and unknown where a topic is full")
    func administrator() throws {
        func topics(_ first: Int, _ full: Int) -> [JSONDocument] {
            [
                [
                    "topic_name": "a", "messages": .number(JSONNumber(first)), "readers": 3, "kind": "stream",
                    "max_messages": 1000,
                ],
                ["topic_name": "b", "messages": .number(JSONNumber(full)), "readers": 9, "max_messages": 50],
                ["topic_name": "c", "messages": .null, "readers": 0],
            ]
        }
        let figures = TopFigures(
            from: Self.sample(0, Self.metrics(0, [:]), topics: topics(10, 50)),
            to: Self.sample(2, Self.metrics(0, [:]), topics: topics(30, 50))
        )
        let shown = figures.topics(by: .readers)
        #expect(shown.map(\.name) == ["b", "a", "c"])
        #expect(shown.map(\.rate) == [nil, 10, nil])
        #expect(shown[1].kept == 30 && shown[1].kind == "stream")
    }

    @Test(
        "a screen fills its terminal and no more, whatever its size",
        arguments: [(80, 24), (40, 10), (200, 60), (20, 3), (1, 1)]
    )
    func size(width: Int, height: Int) {
        let nodes: [JSONDocument] = (0..<5).map {
            ["node": .string("node-\($0)"), "status": "healthy", "connections": 3]
        }
        let topics = Dictionary(uniqueKeysWithValues: (0..<100).map { ("topic-with-a-long-name-\($0)", $0) })
        let figures = TopFigures(
            from: Self.sample(0, Self.metrics(0, [:])),
            to: Self.sample(2, Self.metrics(300, topics), nodes: nodes)
        )
        let lines = TopScreen(figures, title: "http://relay", order: .rate).lines(width: width, height: height)
        #expect(lines.count == height)
        #expect(lines.allSatisfy { TopScreen.columns(of: $0) <= width })
    }

    @Test("at 80 by 24 all of it is there, and the last line says what keys do")
    func usual() {
        let lines = TopScreen(Self.figures, title: "http://relay", order: .rate).lines(width: 80, height: 24)
        let text = lines.joined(separator: "\n")
        for part in [
            "http://relay", "publishes 100/s", "deliveries 300/s", "failures 5/s", "half 1 ms", "99 % 500 ms",
            "CPU 25 %",
            "12 WebSockets", "90 MiB resident", "2 KiB messages", "TOPIC",
        ] { #expect(text.contains(part), "\(part) in \(text)") }
        #expect(lines.contains { $0.hasPrefix("news ") && $0.contains(" 80 ") })
        #expect(lines.last?.hasPrefix("q quits") == true)
        #expect(!text.contains("…"))
    }

    @Test("names can't move the cursor, hide or turn around what is shown, and wide letters take their room")
    func hostile() {
        let names = ["\u{1B}[2J", "a\u{202E}b", "tab\there", "zero\u{200B}width", "日本語のトピック"]
        let topics = names.map { JSONDocument.object(JSONObject([("topic_name", .string($0)), ("readers", 1)])) }
        let figures = TopFigures(
            from: Self.sample(0, Self.metrics(0, [:])),
            to: Self.sample(2, Self.metrics(0, [:]), topics: topics)
        )
        let lines = TopScreen(figures, title: "\u{1B}]0;title\u{7}", order: .name).lines(width: 80, height: 24)
        for line in lines {
            #expect(!line.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E || $0.value == 0x200B })
        }
        #expect(lines.contains { $0.contains("\\u{1b}[2J") })
        #expect(TopScreen.columns(of: "日本語") == 6)
        #expect(TopScreen.fit("日本語", 4) == "日…")
        #expect(ShownText.of("plain ünïcode 🐙") == "plain ünïcode 🐙")
    }

    @Test("for programs it is one object, with null for what is not known")
    func json() {
        let json = Self.figures.json(title: "http://relay", order: .rate)
        #expect(json["publishes_per_second"] == 100)
        #expect(json["polls"] == .null)
        #expect(json["nodes"] == .null)
        guard case .array(let topics)? = json["topics"] else { return #expect(Bool(false), "no topics") }
        #expect(topics.first?["topic_name"] == "news" && topics.first?["messages_per_second"] == 80)
    }

    @Test("a login of the environment is for relays where nobody, or the same user, is logged in")
    func givenLogin() {
        let environment = ["PULSAR_USERNAME": "ann", "PULSAR_PASSWORD": "secret-word"]
        let tokens = Tokens(accessToken: "t", expiresAt: .init(microseconds: 0), refreshToken: nil)
        #expect(GivenLogin(environment: environment, stored: nil)?.username == "ann")
        #expect(GivenLogin(environment: environment, stored: StoredLogin(username: "ann", tokens: tokens)) != nil)
        #expect(GivenLogin(environment: environment, stored: StoredLogin(username: "bob", tokens: tokens)) == nil)
        #expect(GivenLogin(environment: ["PULSAR_USERNAME": "ann"], stored: nil) == nil)
        #expect(GivenLogin(environment: ["PULSAR_USERNAME": "", "PULSAR_PASSWORD": "x"], stored: nil) == nil)
        #expect(!"\(GivenLogin(environment: environment, stored: nil)!)".contains("secret-word"))
    }

    @Test("an entry of an administrator's list is a line of what matters in it")
    func entry() {
        let entry: JSONDocument = [
            "id": "n.0.17", "kind": "ws", "user_id": .null, "topics": 2, "memory": ["held_bytes": 5],
            "details": ["permissions": "read\u{1B}"],
        ]
        let names = ["id", "kind", "user_id", "topics", "memory.held_bytes", "details"]
        #expect(
            OutputFormat.human.line(entry, showing: names, bare: 2)
                == "n.0.17  ws  topics 2  memory held bytes 5  details permissions=read\\u{1b}"
        )
        #expect(OutputFormat.json.line(entry, showing: names) == entry.text)
    }
}
