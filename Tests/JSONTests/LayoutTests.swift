import JSON
import Testing

@Suite("JSON laid out for people")
struct LayoutTests {
  static let value: JSONValue = [
    "name": "short", "list": [1, 2.5, "three"], "empty": [:], "none": [],
    "inside": [["layer": "Dense", "units": 10], ["layer": "Dropout", "rate": 0.2, "name": "a \"quoted\" one"]],
  ]

  @Test("It reads back as the same value, at any width", arguments: [0, 20, 40, 80, 1000])
  func readsBack(_ width: Int) throws {
    #expect(try JSONValue(parsing: Self.value.laidOut(width: width)) == Self.value)
  }

  @Test("What fits stays on its line; what does not is broken")
  func lines() {
    #expect(
      Self.value.laidOut(width: 60) == """
        {
          "name": "short",
          "list": [1, 2.5, "three"],
          "empty": {},
          "none": [],
          "inside": [
            { "layer": "Dense", "units": 10 },
            {
              "layer": "Dropout",
              "rate": 0.2,
              "name": "a \\"quoted\\" one"
            }
          ]
        }
        """)
  }
}
