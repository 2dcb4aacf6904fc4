import JSON
import Testing

@Suite("Mistakes in changes to a model")
struct SurgeryMistakeTests {
  @Test("Mistakes are told in the user's words, with their place")
  func mistakes() throws {
    let place = try SurgeryPlace()
    let dense: JSONValue = ["layer": "Dense", "units": "classes", "activation": "softmax"]
    let cases: [(JSONValue, [String])] = [
      (
        ["head": [["layer": "Dense", "unit": 3]], "cut_after": "pool"],
        ["model.head[0].unit", "Did you mean \"units\"?"]
      ),
      (
        ["head": [["layer": "Dense", "units": 3, "activatoin": "relu"]]],
        ["model.head[0].activatoin", "\"activation\""]
      ),
      (["head": ["hiden": 3]], ["model.head.hiden", "Did you mean \"hidden\"?"]),
      (["head": ["hidden": 0]], ["model.head.hidden"]),
      (["head": ["activation": "rleu"]], ["model.head.activation", "relu"]),
      (["head": [dense], "replace_from": "bse"], ["model.replace_from", "Did you mean \"base\"?"]),
      (["head": [dense], "cut_after": "base/frst"], ["model.cut_after", "base/first"]),
      (["taps": ["base", "bose"]], ["model.taps", "\"base\""]),
      (["taps": []], ["model.taps", "no layer"]),
      (["cut_after": "base", "taps": ["base"]], ["one place for the head"]),
      (["classes": ["keep": true], "head": [dense]], ["model.classes", "does not go with"]),
      (["classes": ["kep": true]], ["model.classes.kep", "Did you mean \"keep\"?"]),
      (["classes": ["keep": true, "known_as": ["down": "dwn"]]], ["model.classes", "Did you mean \"down\"?"]),
      ([:], ["data.train", "\"classes\": {\"keep\": true}"]),
      (["insert": [["behind": "base", "layers": [dense]]]], ["model.insert[0].behind"]),
      (["insert": [["before": "base", "layers": []]]], ["model.insert[0]"]),
      (["insert": [["before": "bass", "layers": [["layer": "Flatten"]]]]], ["model.insert[0]", "\"base\""]),
      (["channels": 2, "cut_after": "base"], ["model.channels", "grey (1)"]),
      (["channels": 1, "channel_method": "extend", "cut_after": "base"], ["model.channels", "extended"]),
      (["channel_method": "sum", "cut_after": "base"], ["model.channel_method", "channels"]),
      (["labels": "x.txt", "cut_after": "base"], ["model.labels", "classes"]),
    ]
    for (model, words) in cases {
      let found = place.failure(model)
      for word in words { #expect(found.contains(word), "\(model.text): \"\(word)\" is missing in: \(found)") }
    }
    let unnamed = try SurgeryPlace(labels: ["a", "b", "c"])
    #expect(unnamed.failure(["classes": ["keep": true]]).contains("known_as"))
  }
}
