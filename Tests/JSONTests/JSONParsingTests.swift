import JSON
import Testing

@Suite("JSON is read strictly")
struct JSONParsingTests {
  @Test(
    "What is written reads back equal",
    arguments: [
      "null", "true", "-12", "0.001", "\"a\\n\\\"b\\\" é \\u0001\"", "[]", "{}", "[1, [2, {\"a\": null}]]",
      "{\"b\": 1, \"a\": 2}",
    ])
  func roundTrip(_ text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(try JSONValue(parsing: value.text) == value)
    #expect(try JSONValue(parsing: value.prettyText) == value)
    #expect(value.text == text)
  }

  @Test("Keys keep their order, and whole numbers stay whole")
  func orderAndNumbers() throws {
    let value = try JSONValue(parsing: "{\"z\": 1, \"a\": 1.0, \"m\": 1e2}")
    #expect(value.objectValue.map { Array($0.keys) } == ["z", "a", "m"])
    #expect(value["z"] == .integer(1))
    #expect(value["a"] == .number(1))
    #expect(value["m"]?.intValue == 100)
  }

  @Test("Python's NaN and Infinity are understood")
  func specialNumbers() throws {
    #expect(try JSONValue(parsing: "NaN").doubleValue?.isNaN == true)
    #expect(try JSONValue(parsing: "[Infinity, -Infinity]") == [.number(.infinity), .number(-.infinity)])
  }

  @Test("Escaped pairs of surrogates become one letter")
  func surrogates() throws {
    #expect(try JSONValue(parsing: "\"\\ud83d\\ude00\"") == .string("😀"))
  }

  @Test(
    "A mistake is named with its line and column",
    arguments: [
      ("{\"a\": 1, \"a\": 2}", 1, 10, "stands twice"),
      ("{\n  \"a\": tru\n}", 2, 8, "expected a value"),
      ("[1, 2", 1, 6, "the end of the text"),
      ("[1, 2] 3", 1, 8, "expected the end"),
      ("{\"a\" 1}", 1, 6, "expected \":\""),
      ("[01]", 1, 4, "begin with 0"),
      ("\"a\nb\"", 1, 3, "control character"),
      ("[1.]", 1, 4, "expected a digit"),
      ("\"\\ud83d\"", 1, 8, "surrogate"),
      ("", 1, 1, "the end of the text"),
    ])
  func mistakes(_ text: String, _ line: Int, _ column: Int, _ message: String) throws {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    #expect(error?.line == line)
    #expect(error?.column == column)
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test("A text nested beyond all measure is refused, not crashed on")
  func deepNesting() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: String(repeating: "[", count: 100_000)) }
  }

  @Test("Bytes that are no UTF-8 are refused")
  func invalidUTF8() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }
}

@Suite("Misspelt words")
struct SuggestionTests {
  @Test(
    "The nearest candidate comes first",
    arguments: [("learning_rte", "learning_rate"), ("ephocs", "epochs"), ("blok5_*", "block5_*"), ("adm", "adam")])
  func nearest(_ word: String, _ meant: String) {
    let candidates = ["epochs", "learning_rate", "adam", "block5_*", "batch_size"]
    #expect(Suggestion.near(word, among: candidates).first == meant)
  }

  @Test("Where nothing is near, everything is listed")
  func nothingNear() {
    #expect(Suggestion.sentence(for: "zzzzzzz", among: ["a", "b"]) == "There is: a, b.")
  }
}
