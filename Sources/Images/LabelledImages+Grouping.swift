extension LabelledImages {
  /// The same pictures, grouped by what a regular expression finds in their names relative to the folder: its first
  /// parenthesis, or all that it matches where it has none.
  ///
  /// `(?:^|/)(patient\d+)_` puts `ill/patient7_a.png` and `well/patient7_b.png` into one group, `patient7`. A name that it
  /// does not match is an error: such a picture might belong to any group.
  ///
  /// - Throws: `DatasetError`; where the pattern itself is malformed, one that says so.
  public func grouped(by pattern: String) throws(DatasetError) -> LabelledImages {
    let expression: Regex<AnyRegexOutput>
    do {
      expression = try Regex(pattern)
    } catch {
      throw DatasetError(path: root, "\"\(pattern)\" is no regular expression: \(error)")
    }
    var groups: [String] = []
    var unmatched: [String] = []
    for name in names {
      guard let match = name.firstMatch(of: expression),
        let found = match.output.count > 1 ? match.output[1].substring : match.output[0].substring
      else {
        unmatched.append(name)
        continue
      }
      groups.append(String(found))
    }
    guard unmatched.isEmpty else {
      let examples = unmatched.prefix(3).joined(separator: ", ") + (unmatched.count > 3 ? ", …" : "")
      throw DatasetError(
        path: root,
        "\"\(pattern)\" matches nothing in \(unmatched.count) of \(count) names (\(examples)), which begin with the class' "
          + "folder; every picture needs a group")
    }
    return grouped(groups)
  }
}
