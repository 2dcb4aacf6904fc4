internal import JSON

extension JSONValue {
  /// A name with settings, in one of the spellings that Keras or a recipe has for it: `"max_norm"`,
  /// `{"name": "max_norm", "max_value": 3}`, or `{"class_name": "MaxNorm", "config": {"max_value": 3}}`.
  func namedSettings(of kind: String, example: String) throws(ConfigError) -> (name: String, settings: JSONValue) {
    if let name = stringValue { return (name, [:]) }
    if let name = self["class_name"]?.stringValue { return (name, self["config"] ?? [:]) }
    guard let name = self["name"]?.stringValue, var members = objectValue else {
      throw ConfigError("expected a \(kind) such as \"\(example)\" or {\"name\": \"\(example)\", …}, found \(text)")
    }
    members["name"] = nil
    return (name, .object(members))
  }
}
