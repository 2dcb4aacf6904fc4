extension LabelledImages {
  /// The same pictures, grouped by what a regular expression finds in their names: its first parenthesis, or all that it
  /// matches where it has none.
  ///
  /// A name is what stands below the folder of the picture's class, or below the table, also without a folder that is called like
  /// the class: what belongs together may be in several classes, and must not be told apart by them. `^(.+)_` puts
  /// `ill/patient7_a.png` and `well/patient7_b.png` into one group, `patient7`. A name that the pattern does not match is an
  /// error: such a picture might belong to any group.
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
    for (name, below) in zip(names, namesBelowClasses) {
      guard let match = below.firstMatch(of: expression),
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
        "\"\(pattern)\" matches nothing in \(unmatched.count) of \(count) names (\(examples)), which are looked at without "
          + "the class' folder; every picture needs a group")
    }
    return grouped(groups)
  }

  /// Each name without the folder of the picture's class, if it begins with one.
  private var namesBelowClasses: [String] {
    guard case .classes(let classes) = labels else { return names }
    return zip(names, classes).map { name, index in
      let folder = classNames[index] + "/"
      return name.hasPrefix(folder) ? String(name.dropFirst(folder.count)) : name
    }
  }
}
