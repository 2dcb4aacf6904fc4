internal import Layers

/// The names that the members of a model have in a file. Keras 3 refuses a slash in a name: it becomes an underscore.
struct FileNames {
  /// For each container of the model the names of its members.
  private let names: [[String]]
  /// `fire2/squeeze1x1` → `fire2_squeeze1x1`
  let renamed: [(name: String, written: String)]

  init(_ model: Model) {
    var renamed: [(name: String, written: String)] = []
    names = model.containers.map { container in
      var taken = Set(container.members.map(\.name).filter { !$0.contains("/") })
      return container.members.map { member in
        guard member.name.contains("/") else { return member.name }
        let plain = String(member.name.map { $0 == "/" ? "_" : $0 })
        var name = plain
        var number = 1
        while !taken.insert(name).inserted {
          name = "\(plain)_\(number)"
          number += 1
        }
        renamed.append((member.name, name))
        return name
      }
    }
    self.renamed = renamed
  }

  func name(ofMember member: Int, in container: Int) -> String { names[container][member] }

  /// What to tell the user; nil if all names stayed.
  var note: String? {
    guard let first = renamed.first else { return nil }
    return "\(renamed.count) layer names contain \"/\", which Keras 3 refuses; in the file it is \"_\": "
      + "\(first.name) → \(first.written)\(renamed.count > 1 ? ", …" : "")"
  }
}
