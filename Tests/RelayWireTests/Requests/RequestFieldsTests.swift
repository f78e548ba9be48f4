import NIOCore
import Testing

@testable import RelayWire

@Suite("Fields of small bodies")
struct RequestFieldsTests {
    private struct Sample: Equatable {
        var name: String
        var note: String?
        var flag: Bool?
        var words: [String]?
    }

    private func read(_ json: String) throws(RequestError) -> Sample {
        try RequestFields.decode(ByteBuffer(string: json), names: ["name", "note", "flag", "words"]) { fields in
            let note = fields.text("note", upTo: 5)
            let flag = fields.flag("flag")
            let words = fields.texts("words")
            return fields.requiredText("name").map { Sample(name: $0, note: note, flag: flag, words: words) }
        }
    }

    private func issues(_ json: String) -> [String] {
        do throws(RequestError) {
            _ = try self.read(json)
            return []
        } catch .invalid(let issues) {
            return issues.map { issue in
                issue.type + issue.location.map { ".\($0)" }.joined()
            }
        } catch {
            return ["json_invalid"]
        }
    }

    @Test("absent and null are the same for what is optional, and unknown fields are ignored")
    func optional() throws {
        #expect(try self.read(#"{"name":"a"}"#) == Sample(name: "a"))
        let json = #" {"name":"a","note":null,"flag":null,"words":null,"x":[{}],"x":1} "#
        #expect(try self.read(json) == Sample(name: "a"))
        let full = #"{"words":["b","\u0063"],"flag":true,"n\u0061me":"","note":"ééééé"}"#
        #expect(try self.read(full) == Sample(name: "", note: "ééééé", flag: true, words: ["b", "c"]))
    }

    @Test(
        "flags are words, ones and noughts, too",
        arguments: [
            ("true", true), ("false", false), ("1", true), ("0", false), (#""Yes""#, true), (#""off""#, false),
            ("1.0", true),
        ]
    )
    func flags(text: String, flag: Bool) throws {
        #expect(try self.read(#"{"name":"a","flag":\#(text)}"#).flag == flag)
    }

    @Test("everything that is wrong is told at once, with its place")
    func wrong() {
        let json = #"{"note":"123456","flag":"perhaps","words":["a",1,null],"note":"b"}"#
        let issues = self.issues(json)
        #expect(issues.count == 6)
        #expect(
            issues.map { $0.prefix { $0 != "." } } == [
                "duplicate_field", "string_too_long", "bool_parsing", "string_type", "string_type", "missing",
            ]
        )
    }

    @Test(
        "wrong kinds are issues",
        arguments: [
            (#"{"name":1}"#, "string_type"), (#"{"name":null}"#, "string_type"),
            (#"{"name":"a","flag":[]}"#, "bool_type"),
            (#"{"name":"a","flag":2}"#, "bool_parsing"), (#"{"name":"a","words":{}}"#, "list_type"),
            (#"{"name":"\ud800"}"#, "json_invalid"), ("[]", "model_attributes_type"),
            ("null", "model_attributes_type"),
        ]
    )
    func kinds(json: String, type: String) {
        #expect(self.issues(json).map { $0.prefix { $0 != "." } } == [type[...]])
    }

    @Test("what is no JSON is one issue", arguments: ["", "{", #"{"name":"a"} x"#, #"{"name":"a",}"#, "{name:1}"])
    func broken(json: String) {
        #expect(self.issues(json) == ["json_invalid"])
    }
}
