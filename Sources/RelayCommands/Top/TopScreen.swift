import RelayClient

/// The screen of `top`: lines of text for a terminal of some size.
public struct TopScreen: Sendable {
    private let figures: TopFigures
    private let title: String
    private let order: TopOrder

    /// - Parameters:
    ///   - figures: what is shown.
    ///   - title: which relay it is.
    ///   - order: of the topics.
    public init(_ figures: TopFigures, title: String, order: TopOrder) {
        self.figures = figures
        self.title = title
        self.order = order
    }

    /// - Parameters:
    ///   - width: columns; no line takes more.
    ///   - height: lines, exactly so many; nil for as many as there are.
    public func lines(width: Int, height: Int?) -> [String] {
        var lines = self.head
        let room = height.map { $0 - lines.count - 2 } ?? .max
        let nodes = self.nodes
        if nodes.count > 1, room > 6 { lines += [""] + nodes.prefix(min(nodes.count, room / 3)) }
        lines += ["", Self.row("TOPIC", "MESSAGES/S", "READERS", "KEPT", "KIND")]
        let left = height.map { max(0, $0 - lines.count - 1) } ?? .max
        lines += self.topics(left)
        guard let height else { return lines.map { Self.fit($0, width) } }
        lines += Array(repeating: "", count: max(0, height - 1 - lines.count))
        lines = Array(lines.prefix(max(0, height - 1)))
        lines.append("q quits   sort by: r rate, d readers, k kept, n name (now: \(self.order.rawValue))")
        return lines.suffix(height).map { Self.fit($0, width) }
    }

    // MARK: - Parts

    private var head: [String] {
        let metrics = self.figures.now.metrics
        let connections = [
            ("WebSockets", "relay_websocket_connections_active"), ("polls", "relay_poll_waiters_active"),
            ("documents", "relay_document_connections_active"), ("relayed", "pulsar_relay_connections_active"),
            ("subscriptions", "relay_subscriptions_active"), ("sessions", "pulsar_sessions_active"),
        ].compactMap { name, metric in metrics.total(metric).map { "\(Figure.count($0)) \(name)" } }
        return [
            ShownText.of(self.title),
            "publishes \(self.rate("relay_messages_received_total"))   deliveries \(self.rate("relay_messages_delivered_total"))"
                + "   requests \(self.rate("pulsar_http_requests_total"))   failures \(Figure.rate(self.figures.failures))",
            "publish answered within: half \(Figure.seconds(self.figures.latency(0.5)))   99 % "
                + "\(Figure.seconds(self.figures.latency(0.99)))   CPU \(Figure.percent(self.figures.rate("process_cpu_seconds_total")))",
            connections.joined(separator: "   "),
            self.memory,
        ]
    }

    private func rate(_ name: String) -> String { Figure.rate(self.figures.rate(name)) }

    private var memory: String {
        let metrics = self.figures.now.metrics
        var parts: [String] = []
        if let resident = metrics.total("process_resident_memory_bytes") {
            parts.append("\(Figure.bytes(resident)) resident")
        }
        for (account, name) in [
            ("hot_tier", "messages"), ("waiting", "waiting"), ("readers", "readers"), ("documents", "documents"),
        ] {
            guard let held = metrics.value("relay_memory_bytes", "account", account) else { continue }
            parts.append("\(Figure.bytes(held)) \(name)")
        }
        return "memory " + parts.joined(separator: "   ")
    }

    private var nodes: [String] {
        guard let nodes = self.figures.now.nodes else { return [] }
        return ["RELAY             STATUS      CONNECTIONS   MEMORY     HOST"]
            + nodes.map { node in
                let cells = [
                    Self.cell(ShownText.of(node["node"]?.asText ?? "?"), 16), "  ",
                    Self.cell(ShownText.of(node["status"]?.asText ?? "?"), 10), "  ",
                    Self.cell(Figure.count(node["connections"]?.asNumber), 11, isNumber: true), "   ",
                    Self.cell(Figure.bytes(node["memory"]?["resident_bytes"]?.asNumber), 9), "  ",
                    ShownText.of(node["host"]?.asText ?? ""),
                ]
                return cells.joined()
            }
    }

    private func topics(_ count: Int) -> [String] {
        let topics = self.figures.topics(by: self.order)
        guard !topics.isEmpty else {
            return Array(
                ["no topics are shown: log in as an administrator, or set metrics_per_topic at the relay"].prefix(count)
            )
        }
        return topics.prefix(count).map { topic in
            Self.row(
                ShownText.of(topic.name),
                Figure.rate(topic.rate, unit: ""),
                Figure.count(topic.readers),
                Figure.count(topic.kept),
                ShownText.of(topic.kind ?? "")
            )
        }
    }

    private static func row(_ name: String, _ rate: String, _ readers: String, _ kept: String, _ kind: String) -> String
    {
        [
            self.cell(name, 36), self.cell(rate, 11, isNumber: true), self.cell(readers, 9, isNumber: true),
            self.cell(kept, 10, isNumber: true), "  " + kind,
        ].joined()
    }

    // MARK: - Columns

    private static func cell(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
        let text = self.fit(text, width)
        let space = String(repeating: " ", count: max(0, width - self.columns(of: text)))
        return isNumber ? space + text : text + space
    }

    /// The text, cut where it takes more columns.
    static func fit(_ text: String, _ width: Int) -> String {
        guard self.columns(of: text) > width else { return text }
        var (cut, taken) = ("", 0)
        for character in text {
            let columns = self.columns(of: String(character))
            guard taken + columns <= width - 1 else { break }
            cut.append(character)
            taken += columns
        }
        return width > 0 ? cut + "…" : ""
    }

    /// How many columns terminals take for a text, nearly: two for wide letters and pictures, none for what is put onto the letter before.
    static func columns(of text: String) -> Int {
        text.reduce(0) { columns, character in
            guard let scalar = character.unicodeScalars.first else { return columns }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return columns + 2
            default:
                return columns + (scalar.properties.generalCategory == .nonspacingMark ? 0 : 1)
            }
        }
    }
}

/// Numbers for people.
enum Figure {
    static func count(_ number: Double?) -> String {
        guard let number, number.isFinite else { return "-" }
        return number < 1e7 ? "\(Int(number))" : "\(self.rounded(number / 1e6)) M"
    }

    static func rate(_ number: Double?, unit: String = "/s") -> String {
        guard let number, number.isFinite else { return "-" }
        return (number == 0 || number >= 10 ? self.count(number.rounded()) : self.rounded(number)) + unit
    }

    static func bytes(_ number: Double?) -> String {
        guard let number, number.isFinite else { return "-" }
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (number, 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return "\(unit == 0 ? "\(Int(value))" : self.rounded(value)) \(units[unit])"
    }

    static func seconds(_ number: Double?) -> String {
        guard let number else { return "-" }
        if number.isInfinite { return "more" }
        return number < 1 ? "\(self.rounded(number * 1000)) ms" : "\(self.rounded(number)) s"
    }

    static func percent(_ part: Double?) -> String {
        part.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
    }

    /// With one decimal, where it matters.
    private static func rounded(_ number: Double) -> String {
        let tenths = (number * 10).rounded() / 10
        return tenths == tenths.rounded() || tenths >= 100 ? "\(Int(tenths.rounded()))" : "\(tenths)"
    }
}
