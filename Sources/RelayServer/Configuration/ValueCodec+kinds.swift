import Configuration
import Logging

extension ValueCodec<Int> {
    static func integer(_ range: ClosedRange<Int>) -> ValueCodec {
        .text(expected: "an integer from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text.filter { $0 != "_" }).flatMap { range.contains($0) ? $0 : nil }
        } render: {
            String($0)
        }
    }

    /// A number of bytes, or of `KiB`, `MiB` or `GiB`.
    static func bytes(_ range: ClosedRange<Int>) -> ValueCodec {
        let lower = ByteSize.render(range.lowerBound)
        let upper = ByteSize.render(range.upperBound)
        return .text(expected: "a size from \(lower) to \(upper)", forms: ByteSize.forms) { text in
            ByteSize.parse(text).flatMap { range.contains($0) ? $0 : nil }
        } render: {
            String($0)
        }
    }
}

extension ValueCodec<Bool> {
    static var boolean: ValueCodec {
        .text(expected: "true or false") { text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        } render: {
            $0 ? "true" : "false"
        }
    }
}

extension ValueCodec<Duration> {
    /// - Parameter unit: what a plain number counts.
    static func duration(_ range: ClosedRange<Duration>, unit: DurationText.Unit = .second) -> ValueCodec {
        let lower = DurationText.render(range.lowerBound)
        let upper = DurationText.render(range.upperBound)
        let forms = "a number of \(unit.rawValue)s, or like \(DurationText.examples)"
        return .text(expected: "a time from \(lower) to \(upper)", forms: forms) { text in
            DurationText.parse(text, unit: unit).flatMap { range.contains($0) ? $0 : nil }
        } render: {
            DurationText.render($0, unit: unit)
        }
    }
}

extension ValueCodec<String> {
    static func text(length: ClosedRange<Int>) -> ValueCodec {
        .text(expected: "a text of \(length.lowerBound) to \(length.upperBound) characters") { text in
            length.contains(text.count) ? text : nil
        } render: {
            $0
        }
    }
}

extension ValueCodec<Secret> {
    static func secret(minimumLength: Int) -> ValueCodec {
        .text(expected: "a text of at least \(minimumLength) characters") { text in
            text.count >= minimumLength ? Secret(text) : nil
        } render: {
            $0.value
        }
    }
}

extension ValueCodec where Value: RawRepresentable<String> & CaseIterable {
    /// The raw values, in any case.
    static var choice: ValueCodec {
        .text(expected: "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))") { text in
            Value(rawValue: text.lowercased())
        } render: {
            $0.rawValue
        }
    }
}

extension ValueCodec<Logger.Level> {
    /// The levels of swift-log in any case, and `warn`.
    static var logLevel: ValueCodec {
        .text(expected: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))") { text in
            Logger.Level(rawValue: text.lowercased()) ?? (text.lowercased() == "warn" ? .warning : nil)
        } render: {
            $0.rawValue
        }
    }
}
