import NIOCore
import NIOHTTP1
import RelayWire

/// A small JSON reply. Members stay in the order given, and null is written, never left out.
indirect enum JSONTree: Sendable {
    case text(String?)
    case number(Int64)
    /// A fraction; null where there is none, or it is not finite.
    case decimal(Double?)
    case flag(Bool)
    case list([JSONTree])
    case object([(name: String, value: JSONTree)])
    /// JSON text that was checked when it came in.
    case json(ByteBuffer)
    case null

    static func moment(_ moment: Timestamp?) -> JSONTree { .text(moment?.description) }

    static func texts(_ texts: [String]) -> JSONTree { .list(texts.map { .text($0) }) }

    /// Whole numbers without a point.
    private static func text(of number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? String(number)
    }

    func write(into buffer: inout ByteBuffer) {
        switch self {
        case .text(let text?): buffer.writeJSONString(text)
        case .text(nil), .null: buffer.writeStaticString("null")
        case .json(let text): buffer.writeImmutableBuffer(text)
        case .number(let number): buffer.writeString(String(number))
        case .decimal(let number?) where number.isFinite: buffer.writeString(Self.text(of: number))
        case .decimal: buffer.writeStaticString("null")
        case .flag(let flag): buffer.writeString(flag ? "true" : "false")
        case .list(let elements):
            buffer.writeStaticString("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.writeStaticString(",") }
                element.write(into: &buffer)
            }
            buffer.writeStaticString("]")
        case .object(let members):
            buffer.writeStaticString("{")
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.writeStaticString(",") }
                buffer.writeJSONString(member.name)
                buffer.writeStaticString(":")
                member.value.write(into: &buffer)
            }
            buffer.writeStaticString("}")
        }
    }
}

extension Reply {
    init(_ status: HTTPResponseStatus, _ tree: JSONTree) {
        var body = ByteBuffer()
        tree.write(into: &body)
        self.init(status, json: body)
    }

    static var noContent: Reply { Reply(.noContent, headers: [:], body: ByteBuffer()) }
}
