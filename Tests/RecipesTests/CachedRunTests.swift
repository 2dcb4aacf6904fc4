import Foundation
import JSON
import Kernels
import Recipes
import TestSupport
import Testing
import Training

@Suite("Runs with a cache on disk")
struct CachedRunTests {
  static let layers: JSONValue = [
    ["layer": "Conv2D", "name": "first", "filters": 6, "kernel_size": 3, "activation": "relu"],
    ["layer": "GlobalAveragePooling2D", "name": "pool"],
    ["layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax"],
  ]
  static let phases: JSONValue = [
    ["name": "head", "train": ["classes"], "epochs": 3, "optimizer": ["name": "adam", "learning_rate": 0.01]],
    ["name": "all", "epochs": 1, "optimizer": ["name": "adam", "learning_rate": 0.001]],
  ]

  private func result(
    _ pictures: StripedPictures, phases: JSONValue = CachedRunTests.phases, augment: JSONValue = [], cache: JSONValue,
    threads: Int = 1, usesCache: Bool = true
  ) throws -> (model: Data, use: FeatureUse) {
    let plan = try pictures.plan(Self.layers, phases: phases, augment: augment, cache: cache)
    let report = try Run(plan, on: Device(threads: threads), usesCache: usesCache)()
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    #expect(metrics["features"]?["images"]?.intValue == report.features.images)
    #expect(metrics["features"]?["from_cache"]?.intValue == report.features.stored)
    return (try Data(contentsOf: URL(fileURLWithPath: report.output + "/model.h5")), report.features)
  }

  @Test(
    "Off, cold and warm, with one thread and two: the same file",
    arguments: [
      ([:], []), (["precision": "bfloat16"], []), (["views": 2], [["name": "random_flip"]]),
      (["memory_gb": 0], []), (["memory_gb": 0, "precision": "bfloat16"], []),
      (["memory_gb": 0, "views": 3], [["name": "random_flip"]]),
    ] as [(JSONValue, JSONValue)])
  func sameFile(_ settings: JSONValue, _ augment: JSONValue) throws {
    let pictures = try StripedPictures(perClass: 10)
    var cache = settings.objectValue ?? [:]
    cache["directory"] = .string(TemporaryFolder.path("cache"))
    let off = try result(pictures, augment: augment, cache: .object(cache), usesCache: false)
    let cold = try result(pictures, augment: augment, cache: .object(cache))
    #expect(cold.model == off.model)
    #expect(off.use.stored == 0 && cold.use.stored == 0)
    for threads in [1, 2] {
      let warm = try result(pictures, augment: augment, cache: .object(cache), threads: threads)
      #expect(warm.model == off.model)
      // What does not fit into memory is mapped.
      #expect(warm.use == FeatureUse(images: 20, stored: 20))
    }
  }

  @Test("Another split, head or learning rate begins at once; so does one phase more, and a plan says so")
  func reuse() throws {
    let pictures = try StripedPictures(perClass: 10)
    let cache: JSONValue = ["directory": .string(TemporaryFolder.path("cache"))]
    func plan(_ rate: Double, seed: Int = 5, units: Int = 4) throws -> Plan {
      let layers: JSONValue = .array(
        (Self.layers.arrayValue ?? []).prefix(2) + [
          ["layer": "Dense", "name": "more", "units": .integer(units)],
          ["layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax"],
        ])
      let phases: JSONValue = [
        ["train": ["more", "classes"], "epochs": 1, "optimizer": ["name": "adam", "learning_rate": .number(rate)]]
      ]
      return try pictures.plan(layers, phases: phases, seed: seed, cache: cache)
    }
    // The first layer is initialised by the seed: only runs with the same one share features.
    let device = Device(threads: 1)
    #expect(try PlanEstimate(plan(0.01), on: device).phases[0].features == FeatureUse(images: 20, stored: 0))
    #expect(try Run(plan(0.01), on: device)().features.stored == 0)
    #expect(try Run(plan(0.3), on: device)().features.stored == 20)
    #expect(try Run(plan(0.01, units: 9), on: device)().features.stored == 20)
    #expect(try Run(plan(0.01, seed: 6), on: device)().features.stored == 0)
    #expect(try PlanEstimate(plan(0.02), on: device, usesCache: false).phases[0].features.stored == 0)
  }

  @Test("Features that depend on what was trained are not kept for other runs")
  func trained() throws {
    let pictures = try StripedPictures(perClass: 8)
    let folder = TemporaryFolder.path("cache")
    let phases: JSONValue = [
      ["name": "all", "epochs": 1, "optimizer": "sgd"],
      ["name": "head", "train": ["classes"], "epochs": 1, "optimizer": "sgd"],
    ]
    for _ in 0..<2 {
      #expect(try result(pictures, phases: phases, cache: ["directory": .string(folder)]).use.stored == 0)
    }
    #expect(CacheContents(folder).entries.isEmpty)
  }

  @Test("What a recipe can say of the cache, and what it cannot")
  func decoding() throws {
    func recipe(_ cache: JSONValue?, augment: JSONValue = []) throws -> Recipe {
      var value: OrderedDictionary<String, JSONValue> = [
        "model": ["architecture": "VGG16", "weights": .null], "data": ["train": "pictures", "augment": augment],
        "phases": [["epochs": 1, "optimizer": "adam"]],
      ]
      if let cache { value["cache"] = cache }
      return try Recipe(.object(value), file: "r.json", folder: "/tmp")
    }
    #expect(try recipe(nil).cache == CacheRecipe() && recipe(true).cache.isOnDisk)
    #expect(try recipe(false).cache.isOnDisk == false)
    #expect(try recipe(false).json["cache"] == false)
    let all = try recipe(
      ["directory": "c", "limit_gb": 1.5, "memory_gb": 2, "precision": "bfloat16", "views": 4],
      augment: [["name": "random_flip"]])
    #expect(all.cache.limit == 1_500_000_000 && all.cache.memoryLimit == 2_000_000_000 && all.cache.views == 4)
    #expect(all.json["cache"]?["limit_gb"] == 1.5)
    for (wrong, word) in [
      (["limit": 1] as JSONValue, "limit_gb"), (["views": 2], "augment"), (["precision": "half"], "bfloat16"),
      (3, "true, false or settings"), (["limit_gb": -1], "limit_gb"),
    ] {
      let error = #expect(throws: RecipeError.self) { try recipe(wrong) }
      #expect(error.map { "\($0)".contains(word) } == true, "\(wrong.text)")
    }
  }
}
