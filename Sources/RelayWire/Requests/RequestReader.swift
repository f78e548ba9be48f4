import NIOCore

/// Reads a request's fields and collects what is wrong with them, so that all of it is told at once.
///
/// A request is read in two steps. First every member of the object is checked as JSON, and the known ones are kept as
/// ``JSONValue``s; then those are turned into the request. A function that returns nil has added an issue.
///
/// The text is lent to each function. Taking it out of its buffer once for each request, rather than once for each
/// step, saves time on the way of every published message.
struct RequestReader {
    var place = JSONPlace()
    private(set) var issues: [ValidationIssue] = []
    /// The message of a bulk that is being read.
    var index: Int?

    private init() {}

    /// - Parameter read: returns nil only where it has added an issue.
    static func decode<Request>(
        _ buffer: ByteBuffer,
        _ read: (inout RequestReader, Span<UInt8>) throws(JSONError) -> Request?
    ) throws(RequestError) -> Request {
        let bytes = buffer.readableBytesUInt8Span
        var reader = RequestReader()
        let request: Request?
        do throws(JSONError) {
            request = try read(&reader, bytes)
            try reader.place.finish(bytes)
        } catch {
            throw RequestError(error)
        }
        guard let request, reader.issues.isEmpty else { throw .invalid(reader.issues) }
        return request
    }

    mutating func add(_ bytes: Span<UInt8>, _ problem: FieldProblem, at place: FieldPlace, input: Range<Int>? = nil) {
        guard self.issues.count < RequestError.maximumIssues else { return }
        var location: [ValidationIssue.Step] = [.name("body")]
        if let index = self.index { location += [.name("messages"), .index(index)] }
        if let field = place.field { location.append(.name(field)) }
        if let entry = place.entry { location.append(entry) }
        let shown = input.flatMap { $0.count <= ValidationIssue.maximumInputSize ? bytes.copy($0) : nil }
        self.issues.append(
            ValidationIssue(type: problem.type, location: location, message: problem.message, input: shown)
        )
    }

    /// Steps into the object that comes next; where something else comes, reads past it.
    ///
    /// - Returns: where the object begins.
    mutating func enterObject(_ bytes: Span<UInt8>) throws(JSONError) -> Int? {
        if try self.place.peek(bytes) == .object {
            let start = self.place.offset
            try self.place.enterObject(bytes)
            return start
        }
        let value = try self.place.value(bytes)
        self.add(bytes, .fields, at: .root, input: value.range)
        return nil
    }

    /// Reads a known member's value. The first of a name counts; more are issues.
    mutating func keep(_ bytes: Span<UInt8>, _ slot: inout JSONValue?, _ place: FieldPlace) throws(JSONError) {
        let value = try self.place.value(bytes)
        guard slot == nil else { return self.add(bytes, .duplicate, at: place, input: value.range) }
        slot = value
    }

    /// - Parameter object: the object that should hold the field.
    mutating func required(_ bytes: Span<UInt8>, _ slot: JSONValue?, _ place: FieldPlace, in object: Range<Int>)
        -> JSONValue?
    {
        if slot == nil { self.add(bytes, .missing, at: place, input: object) }
        return slot
    }
}
