import Images
import Testing

@Suite("PngSuite", .enabled(if: HostileFiles.isPresent, "set FINETUNE_DATA to the folder with hostile/"))
struct PNGSuiteTests {
  static let all = HostileFiles.names(in: "pngsuite/png", ending: ".png")
  static let valid = all.filter { !$0.hasPrefix("x") }
  static let corrupt = all.filter { $0.hasPrefix("x") }

  @Test("The suite is complete")
  func complete() {
    #expect(Self.valid.count == 161)
    #expect(Self.corrupt.count == 14)
  }

  @Test("A valid file decodes exactly to its reference", arguments: valid)
  func matchesReference(_ name: String) throws {
    let bytes = try HostileFiles.bytes("pngsuite/png", name)
    let image = try ImageDecoder.decode(bytes, name: name)
    var reference = try Self.reference(name)  // red, green, blue, alpha; 16-bit samples where the file's are
    try #require(reference.count == 4 * image.width * image.height)
    if bytes[24] == 16 { reference = reference.map { $0 >> 8 } }
    let expected = (0..<image.width * image.height).flatMap { reference[(4 * $0)..<(4 * $0 + 3)] }
    #expect(image.pixels.map(Int.init) == expected)
  }

  @Test("A corrupt file is an error", arguments: corrupt)
  func corruptIsAnError(_ name: String) {
    #expect(throws: ImageError.self) {
      try ImageDecoder.decode(contentsOf: HostileFiles.path("pngsuite/png", name))
    }
  }

  /// The numbers of a JSON array of numbers.
  private static func reference(_ name: String) throws -> [Int] {
    let text = try HostileFiles.bytes("pngsuite/json", String(name.dropLast(3)) + "json")
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    return text.split { !isDigit($0) }.map { $0.reduce(0) { 10 * $0 + Int($1 - 0x30) } }
  }
}
