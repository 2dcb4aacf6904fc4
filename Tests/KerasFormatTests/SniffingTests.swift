import HDF5
import JSON
import KerasFormat
import Testing

@Suite("What a file is told by its content")
struct SniffingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "A file that is no HDF5 is named for what it is, whatever its name",
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "a PNG image"),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "a JPEG image"),
      (Array("{\"a\": 1}".utf8), "a JSON text"), (Array("hello\n".utf8), "a text"),
      (Array("<!DOCTYPE html><html>".utf8), "a web page"),
      (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a Git LFS pointer, not the file itself"),
    ] as [([UInt8], String)])
  func otherFormats(_ bytes: [UInt8], _ kind: String) throws {
    let path = try folder.write(bytes, to: "model.h5")
    let error = try #require(throws: KerasError.self) { try KerasFile(opening: path) }
    #expect(error.kind == .notAModel)
    #expect(error.problem == "is \(kind); expected a Keras model (HDF5 or .keras)")
    #expect(error.remedy != nil)
  }

  @Test("A missing file is no damaged file")
  func missing() throws {
    let error = try #require(throws: KerasError.self) { try KerasFile(opening: folder.path("nothing.h5")) }
    #expect(error.kind == .missingFile)
  }

  @Test("Files of Keras before 1.0 are refused with a way out")
  func oldLayout() throws {
    let old = folder.path("old.h5")
    let file = try HDF5File(creating: old)
    try file.root.attributes.write("nb_layers", integer: 2)
    try file.close()
    let oldError = try #require(throws: KerasError.self) { try KerasFile(opening: old) }
    #expect(oldError.kind == .unsupported)
    #expect(oldError.description.contains("before 1.0"))
  }

  @Test("HDF5 of another program is said to be that")
  func foreign() throws {
    let file = try HDF5File(creating: folder.path("other.h5"))
    try file.root.createGroup(at: "spectra")
    try file.close()
    let error = try #require(throws: KerasError.self) { try KerasFile(opening: folder.path("other.h5")) }
    #expect(error.kind == .notAModel)
    #expect(error.description.contains("spectra"))
  }

  @Test("Weights alone are no model, and the error says what is missing")
  func weightsOnly() throws {
    var fixture = KerasFixture()
    fixture.layers = [("dense", [.init("dense/kernel:0", [1, 1], [1])])]
    try fixture.write(to: folder.path("w.h5"))
    #expect(try KerasFile(opening: folder.path("w.h5")).content == .weights)
    let error = try #require(throws: KerasError.self) { try SavedModel.reading(folder.path("w.h5")) }
    #expect(error.kind == .notAModel)
    #expect(error.remedy?.contains("architecture") == true)
  }

  @Test("A configuration that is no JSON is damage, not a crash")
  func brokenConfig() throws {
    let file = try HDF5File(creating: folder.path("broken.h5"))
    try file.root.attributes.write("model_config", string: "{\"class_name\": ")
    try file.root.createGroup(at: "model_weights").attributes.write("layer_names", strings: ["a"])
    try file.close()
    let error = try #require(throws: KerasError.self) { try KerasFile(opening: folder.path("broken.h5")) }
    #expect(error.kind == .damaged)
    #expect(error.place == "model_config")
  }
}
