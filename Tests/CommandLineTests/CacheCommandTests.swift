import FineTune
import Foundation
import TestSupport
import Testing

@Suite("The cache on the command line")
struct CacheCommandTests {
  @Test(
    "Two runs at once and one after them give the same file; the last finds all features; the cache is shown and cleared"
  )
  func together() throws {
    let place = try Workplace()
    let cache = TemporaryFolder.path("cache")
    try place.write(
      [
        "model": ["file": "small.h5"], "data": ["train": "pictures", "validation": ["fraction": 0.2], "batch_size": 4],
        "phases": [["train": ["dense"], "epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.01]]],
      ])
    let processes = try ["one", "two"].map { name in
      let process = Process()
      process.executableURL = BuiltTool.url
      process.arguments = [place.recipe, "--output", place.folder + "/" + name, "--quiet"]
      process.environment = Finetune.environment(["XDG_CACHE_HOME": cache])
      try process.run()
      return process
    }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    let home = ["XDG_CACHE_HOME": cache]
    let third = try Finetune.run(place.recipe, "--output", place.folder + "/three", "--json", environment: home)
    #expect(third.status == 0 && third.messages.contains("from the cache"), "\(third.messages)")
    #expect(try JSONValue(parsing: third.output)["features"]?["from_cache"] == 20)
    let off = try Finetune.run(
      place.recipe, "--output", place.folder + "/four", "--json", "--no-cache", environment: home)
    #expect(try JSONValue(parsing: off.output)["features"]?["from_cache"] == 0)
    let models = try ["one", "two", "three", "four"].map { name in
      try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/\(name)/model.h5"))
    }
    #expect(Set(models).count == 1)

    let shown = try Finetune.run("cache", environment: home)
    #expect(shown.status == 0 && shown.output.contains("small: global_average_pooling2d"), "\(shown.output)")
    let listed = try JSONValue(parsing: Finetune.run("cache", "--json", environment: home).output)
    #expect((listed["bytes"]?.intValue ?? 0) > 0 && listed["entries"]?.arrayValue?.count == 1)
    #expect(try Finetune.run("cache", "--clear", environment: home).output.contains("removed"))
    #expect(try JSONValue(parsing: Finetune.run("cache", "--json", environment: home).output)["bytes"] == 0)
    let planned = try Finetune.run("plan", place.recipe, "--json", environment: home)
    #expect(try JSONValue(parsing: planned.output)["phases"]?.arrayValue?[0]["features"]?["from_cache"] == 0)
  }
}
