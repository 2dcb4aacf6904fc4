import JSON
import Recipes
import Testing

@Suite("Which numbers a setting takes is found by asking")
struct NumberSearchTests {
  /// What is asked, and what is to be found.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let takes: @Sendable (JSONValue) -> Bool
    let schema: JSONValue?
  }

  static func whole(_ condition: @escaping @Sendable (Int) -> Bool) -> @Sendable (JSONValue) -> Bool {
    { $0.intValue.map(condition) ?? false }
  }

  static func number(_ condition: @escaping @Sendable (Double) -> Bool) -> @Sendable (JSONValue) -> Bool {
    { $0.doubleValue.map(condition) ?? false }
  }

  static let cases = [
    Case(testDescription: "no number", takes: { $0.stringValue != nil }, schema: nil),
    Case(testDescription: "any whole number", takes: whole { _ in true }, schema: ["type": "integer"]),
    Case(
      testDescription: "1 to 7", takes: whole((1...7).contains),
      schema: ["type": "integer", "minimum": 1, "maximum": 7]),
    Case(
      testDescription: "2 to 65535", takes: whole((2...65535).contains),
      schema: ["type": "integer", "minimum": 2, "maximum": 65535]),
    Case(testDescription: "from 0", takes: whole { $0 >= 0 }, schema: ["type": "integer", "minimum": 0]),
    Case(
      testDescription: "odd ones to 31", takes: whole { $0 % 2 == 1 && (1...31).contains($0) },
      schema: ["type": "integer", "minimum": 1, "maximum": 31]),
    Case(
      testDescription: "odd ones", takes: whole { $0 % 2 == 1 && $0 > 0 }, schema: ["type": "integer", "minimum": 1]),
    Case(testDescription: "any", takes: number { _ in true }, schema: ["type": "number"]),
    Case(
      testDescription: "0 to 1", takes: number { $0 >= 0 && $0 <= 1 },
      schema: ["type": "number", "minimum": 0, "maximum": 1]),
    Case(
      testDescription: "0 to below 1, in single precision", takes: number { Float($0) >= 0 && Float($0) < 1 },
      schema: ["type": "number", "minimum": 0, "exclusiveMaximum": 1]),
    Case(testDescription: "above 0", takes: number { $0 > 0 }, schema: ["type": "number", "exclusiveMinimum": 0]),
    Case(
      testDescription: "−0.999 to 1", takes: number { $0 >= -0.999 && $0 <= 1 },
      schema: ["type": "number", "minimum": -0.999, "maximum": 1]),
  ]

  @Test("Its kind and its bounds, open or closed", arguments: cases)
  func bounds(_ example: Case) { #expect(NumberSearch(example.takes).schema == example.schema) }
}
