import Logging

extension ValueFormat<Int> {
    static func integer(_ range: ClosedRange<Int>) -> ValueFormat {
        .text(expected: "an integer from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text.filter { $0 != "_" }).flatMap { range.contains($0) ? $0 : nil }
        } show: {
            String($0)
        }
    }

    /// A number of bytes, or of `KiB`, `MiB` or `GiB`.
    static func bytes(_ range: ClosedRange<Int>) -> ValueFormat {
        let lower = ByteSize.render(range.lowerBound)
        let upper = ByteSize.render(range.upperBound)
        return .text(expected: "a size from \(lower) to \(upper)", forms: ByteSize.forms) { text in
            ByteSize.parse(text).flatMap { range.contains($0) ? $0 : nil }
        } show: {
            String($0)
        }
    }
}

extension ValueFormat<Bool> {
    static var boolean: ValueFormat {
        .text(expected: "true or false") { text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        } show: {
            $0 ? "true" : "false"
        }
    }
}

extension ValueFormat<Duration> {
    /// - Parameter unit: what a plain number counts.
    static func duration(_ range: ClosedRange<Duration>, unit: DurationText.Unit = .second) -> ValueFormat {
        let lower = DurationText.render(range.lowerBound)
        let upper = DurationText.render(range.upperBound)
        let forms = "a number of \(unit.rawValue)s, or like \(DurationText.examples)"
        return ValueFormat(expected: "a time from \(lower) to \(upper)", forms: forms) {
            value throws(ValueRejection) in
            let span: Duration? =
                switch value {
                case .text(let text): DurationText.parse(text, unit: unit)
                case .span(let span) where DurationText.canBeWritten(span): span
                case .span, .list: nil
                }
            guard let span, range.contains(span) else { throw ValueRejection() }
            return span
        } show: {
            .text(DurationText.render($0, unit: unit))
        }
    }

    /// The same, for what is counted in whole seconds.
    static func seconds(_ range: ClosedRange<Duration>, unit: DurationText.Unit = .second) -> ValueFormat {
        .duration(range, unit: unit).refusing {
            $0.components.attoseconds == 0 ? nil : "it is counted in whole seconds"
        }
    }
}

extension ValueFormat<String> {
    static func text(length: ClosedRange<Int>) -> ValueFormat {
        .text(expected: "a text of \(length.lowerBound) to \(length.upperBound) characters") { text in
            length.contains(text.count) ? text : nil
        } show: {
            $0
        }
    }
}

extension ValueFormat<String> {
    /// An IPv4 or IPv6 address, not a name.
    static var address: ValueFormat {
        .text(expected: "an address like 192.0.2.1 or 2001:db8::1") { text in
            IPNetwork.bytes(of: text) == nil ? nil : text
        } show: {
            $0
        }
    }
}

extension ValueFormat<HostPort> {
    static var hostPort: ValueFormat {
        .text(expected: "an address and a port from 1 to 65535, like 0.0.0.0:7000 or [::]:7000") { text in
            HostPort(text)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<NodeAddress> {
    static var nodeAddress: ValueFormat {
        .text(expected: "a URL without path like http://10.0.0.5:8080 or https://relay-1.example.org") { text in
            NodeAddress(text)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<PublicURL> {
    static var publicURL: ValueFormat {
        .text(expected: "a URL without path like https://relay.example.org, or http on localhost") { text in
            PublicURL(text)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<OutgoingURL> {
    static var outgoingURL: ValueFormat {
        .text(expected: "a URL like https://idp.example.org/realm, without a username or a password") { text in
            OutgoingURL(text)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<WebhookAddress> {
    static var webhookAddress: ValueFormat {
        .text(expected: "a URL like https://example.org/hook, without a username or a password") { text in
            WebhookAddress(text)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<Secret> {
    static func secret(minimumLength: Int) -> ValueFormat {
        var format = ValueFormat.text(expected: "a text of at least \(minimumLength) characters") { text in
            text.count >= minimumLength ? Secret(text) : nil
        } show: {
            $0.value
        }
        format.isSecret = true
        return format
    }
}

extension ValueFormat where Value: RawRepresentable<String> & CaseIterable {
    /// The raw values, in any case.
    static var choice: ValueFormat {
        .text(expected: "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))") { text in
            Value(rawValue: text.lowercased())
        } show: {
            $0.rawValue
        }
    }
}

extension ValueFormat<Logger.Level> {
    /// The levels of swift-log in any case, and `warn`.
    static var logLevel: ValueFormat {
        .text(expected: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))") { text in
            Logger.Level(rawValue: text.lowercased()) ?? (text.lowercased() == "warn" ? .warning : nil)
        } show: {
            $0.rawValue
        }
    }
}
