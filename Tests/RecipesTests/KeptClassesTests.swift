import Foundation
import JSON
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing

/// Classes that a pretrained model keeps, and layers that are put into it.
@Suite("Recipes that keep a model's own head")
struct KeptClassesTests {
  @Test("Classes that stay keep their rows by name; the plan says which; training begins from there")
  func classes() throws {
    let place = try SurgeryPlace()
    let plan = try place.plan(["classes": ["keep": true]])
    #expect(plan.classChange == ClassChange(kept: ["across", "down"], new: [], dropped: ["other"]))
    #expect(plan.notes.contains { $0.contains("classes kept: 2 (across, down)") })
    #expect(plan.notes.contains { $0.contains("classes dropped: 1 (other)") })
    let (old, new) = (try place.model.value("classes/kernel"), try plan.model.value("classes/kernel"))
    for row in 0..<6 {
      #expect(new.elements[row * 2] == old.elements[row * 3 + 2])
      #expect(new.elements[row * 2 + 1] == old.elements[row * 3 + 1])
    }
    #expect(plan.layerPaths == ["base/first", "base/second", "pool", "classes"])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(try ModelReference(path: report.output + "/model.h5").load().labels == ["across", "down"])
  }

  @Test("New classes begin anew, classes of other names are found, and a file names the model's own")
  func renamedClasses() throws {
    let place = try SurgeryPlace(labels: ["vertical", "x", "y"])
    let names = TemporaryFolder.path("names.txt")
    try "x\nvertical\ny\n".write(toFile: names, atomically: true, encoding: .utf8)
    let plan = try place.plan(
      ["classes": ["keep": true, "known_as": ["down": "vertical"]], "labels": .string(names)])
    #expect(plan.classChange == ClassChange(kept: ["down"], new: ["across"], dropped: ["x", "y"]))
    let (old, new) = (try place.model.value("classes/kernel"), try plan.model.value("classes/kernel"))
    // "vertical" is the second in the file of names.
    for row in 0..<6 { #expect(new.elements[row * 2 + 1] == old.elements[row * 3 + 1]) }
  }

  @Test("Layers are put in between; what no longer fits begins anew and is said")
  func insertion() throws {
    let place = try SurgeryPlace()
    let plan = try place.plan([
      "classes": ["keep": true],
      "insert": [["after": "base", "layers": [["layer": "SpatialDropout2D", "rate": 0.25]]]],
    ])
    #expect(plan.layerPaths == ["base/first", "base/second", "spatial_dropout2d", "pool", "classes"])
    #expect(plan.classChange?.kept == ["across", "down"])
    let hidden = try place.plan([
      "classes": ["keep": true],
      "insert": [["before": "classes", "layers": [["layer": "Dense", "name": "hidden", "units": 5]]]],
    ])
    #expect(hidden.layerPaths == ["base/first", "base/second", "pool", "hidden", "classes"])
    #expect(hidden.notes.contains { $0.contains("\"classes\" changed; initialised anew") })
  }
}
