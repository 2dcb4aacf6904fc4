import JSON
import Layers
import Testing

@Suite("What every layer in the registry promises")
struct LayerContractTests {
  /// The samples of a kind, or its defaults if it needs no settings.
  private static func samples(of type: any Layer.Type) -> [any Layer] {
    let samples = LayerSamples.all.filter { $0.kind == type.kind }
    if !samples.isEmpty { return samples }
    do { return [try type.init(config: [:])] } catch { return [] }
  }

  private static let kinds = LayerRegistry.all.map { $0.kind }

  private static func type(_ kind: String) throws -> any Layer.Type {
    try #require(LayerRegistry.all.first { $0.kind == kind })
  }

  @Test("There is a sample of it", arguments: kinds)
  func hasSample(_ kind: String) throws {
    #expect(!Self.samples(of: try Self.type(kind)).isEmpty, "LayerSamples has no \(kind), and it has required settings")
  }

  @Test("Its configuration reads back as the same layer", arguments: kinds)
  func roundTrip(_ kind: String) throws {
    for layer in Self.samples(of: try Self.type(kind)) {
      #expect(layer.hasTheConfiguration(of: try LayerRegistry.layer(kind: kind, config: layer.config)))
      // As text, which is how it travels in a file.
      let text = layer.config.text
      let read = try LayerRegistry.layer(kind: kind, config: JSONValue(parsing: text))
      #expect(layer.hasTheConfiguration(of: read), "\(text)")
    }
  }

  @Test("It refuses a setting it does not know, by name", arguments: kinds)
  func unknownKey(_ kind: String) throws {
    for layer in Self.samples(of: try Self.type(kind)) {
      var members = try #require(layer.config.objectValue)
      members["no_such_setting"] = 1
      #expect {
        try LayerRegistry.layer(kind: kind, config: .object(members))
      } throws: {
        "\($0)".contains("no_such_setting") && "\($0)".contains(kind)
      }
    }
  }

  @Test("It passes over what Keras adds to every layer", arguments: kinds)
  func kerasKeys(_ kind: String) throws {
    for layer in Self.samples(of: try Self.type(kind)) {
      var members = try #require(layer.config.objectValue)
      members["name"] = "some_name"
      members["trainable"] = false
      members["dtype"] = [
        "module": "keras", "class_name": "DTypePolicy", "config": ["name": "float32"], "registered_name": nil,
      ]
      let read = try LayerRegistry.layer(kind: kind, config: .object(members))
      #expect(layer.hasTheConfiguration(of: read))
    }
  }
}

extension Layer {
  fileprivate func hasTheConfiguration(of other: any Layer) -> Bool { (other as? Self) == self }
}
