/// Text of a page. Only what stands in the source is markup: what is put in between is escaped, unless it is such a text itself.
struct HTMLText: ExpressibleByStringInterpolation, Sendable {
    let markup: String

    init(stringLiteral value: String) {
        self.markup = value
    }

    init(stringInterpolation: StringInterpolation) {
        self.markup = stringInterpolation.markup
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup: String

        init(literalCapacity: Int, interpolationCount: Int) {
            self.markup = ""
            self.markup.reserveCapacity(literalCapacity)
        }

        mutating func appendLiteral(_ literal: String) {
            self.markup += literal
        }

        mutating func appendInterpolation(_ text: HTMLText) {
            self.markup += text.markup
        }

        /// Escaped so that it is the same text within elements and within quoted attributes.
        mutating func appendInterpolation(_ text: String) {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": self.markup += "&amp;"
                case "<": self.markup += "&lt;"
                case ">": self.markup += "&gt;"
                case "\"": self.markup += "&quot;"
                case "'": self.markup += "&#39;"
                default: self.markup.unicodeScalars.append(scalar)
                }
            }
        }
    }
}
