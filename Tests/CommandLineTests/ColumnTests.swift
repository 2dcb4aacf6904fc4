import FineTune
import Foundation
import TestSupport
import Testing

@Suite("Tables with named columns, outside of recipes")
struct ColumnTests {
  /// A table of all pictures whose columns stand in an order of their own.
  private func table(_ place: Workplace) throws -> String {
    var lines = ["remark,kind,picture"]
    for name in ["dark", "light"] {
      for number in 0..<10 { lines.append("nice,\(name),pictures/\(name)/\(number).png") }
    }
    let path = place.folder + "/t.csv"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private static let columns = ["--file-column", "picture", "--target-column", "kind"]

  @Test("evaluate finds in a table what it finds in the folder")
  func evaluate() throws {
    let place = try Workplace()
    let table = try table(place)
    func result(_ arguments: String...) throws -> JSONValue {
      let outcome = try Finetune.run(list: ["evaluate", place.model] + arguments + ["--json", "--quiet"])
      #expect(outcome.status == 0, "\(outcome.messages)")
      return try JSONValue(parsing: outcome.output)
    }
    #expect(try result(table, "--file-column", "picture", "--target-column", "kind") == result(place.pictures))
    // Without a word the first column would be the files.
    let plain = try Finetune.run("evaluate", place.model, table)
    #expect(plain.status == 65, "\(plain.messages)")
  }

  @Test("features takes the pictures and classes of a table")
  func features() throws {
    let place = try Workplace()
    let files = [place.folder + "/table.h5", place.folder + "/folder.h5"]
    for (images, file, columns) in [(try table(place), files[0], Self.columns), (place.pictures, files[1], [])] {
      let outcome = try Finetune.run(
        list: ["features", place.model, images, "--layer", "conv2d", "--output", file] + columns)
      #expect(outcome.status == 0, "\(outcome.messages)")
    }
    func labels(_ file: String) throws -> [Int64] {
      try HDF5File(opening: file).root.dataset(at: "labels").readIntegers()
    }
    let found = try labels(files[0])
    #expect(found.count == 20)
    #expect(try found == labels(files[1]))
  }

  @Test("A mistyped column is named with what there is; a folder has none", arguments: ["evaluate", "features"])
  func mistakes(_ command: String) throws {
    let place = try Workplace()
    let more = command == "features" ? ["--layer", "conv2d", "--output", place.folder + "/f.h5"] : []
    let mistyped = try Finetune.run(
      list: [command, place.model, try table(place), "--file-column", "pictre"] + more)
    #expect(mistyped.status == 65 && mistyped.messages.contains("\"picture\""), "\(mistyped.messages)")
    let folder = try Finetune.run(
      list: [command, place.model, place.pictures, "--target-column", "kind"] + more)
    #expect(folder.status == 65 && folder.messages.contains("in a table"), "\(folder.messages)")
  }
}
