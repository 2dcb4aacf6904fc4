import Foundation
import Images
import Tensors

/// Renders small labelled pictures to learn from, one folder for each class, half of them PNG and half JPEG.
///
/// The pictures depend on the seed only.
@main
struct DemoImages {
  static let usage = """
    usage: DemoImages OUTPUT_DIR [--seed N] [--count N] [--size N] [--test DIR]

      --seed N    another seed gives other pictures of the same kind (default 7)
      --count N   pictures of each class (default 150)
      --size N    pixels on a side (default 32)
      --test DIR  also write a third as many other pictures to DIR

    """

  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      try render(into: options.output, options, count: options.count, part: "train")
      if let test = options.test { try render(into: test, options, count: (options.count + 2) / 3, part: "test") }
    } catch let error as UsageError {
      fail("DemoImages: \(error.message)\n\(usage)", 64)
    } catch {
      fail("DemoImages: \(error)\n", 73)
    }
  }

  private static func render(into folder: String, _ options: Options, count: Int, part: String) throws {
    for kind in ObjectClass.allCases {
      let directory = folder + "/" + kind.rawValue
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      } catch {
        throw ImageError(.unwritable, path: directory, "the folder cannot be made; choose one that can be written to")
      }
      for index in 0..<count {
        let key = RandomKey(seed: options.seed).folding(part).folding(kind.rawValue).folding(UInt64(index))
        let image = Scene(kind, key: key).rendered(size: options.size)
        let number = String(index)
        let name = directory + "/" + String(repeating: "0", count: max(4 - number.count, 0)) + number
        if index % 2 == 0 {
          try ImageEncoder.writePNG(image, to: name + ".png")
        } else {
          try ImageEncoder.writeJPEG(image, to: name + ".jpg", quality: 92)
        }
      }
    }
    print("\(folder): \(ObjectClass.allCases.count) classes of \(count) pictures")
  }

  private static func fail(_ message: String, _ code: Int32) -> Never {
    FileHandle.standardError.write(Data(message.utf8))
    exit(code)
  }
}

struct UsageError: Error { var message: String }

/// The command line.
struct Options {
  var output = ""
  var test: String?
  var seed: UInt64 = 7
  var count = 150
  var size = 32

  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    func number<Number: LosslessStringConvertible & Comparable>(
      _ name: String, _ text: String, in range: ClosedRange<Number>
    )
      throws(UsageError) -> Number
    {
      guard let number = Number(text), range.contains(number) else {
        throw UsageError(
          message: "\(name) wants a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
      }
      return number
    }
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-") else {
        guard output.isEmpty else { throw UsageError(message: "one output folder, not also \"\(argument)\"") }
        output = argument
        continue
      }
      guard ["--seed", "--count", "--size", "--test"].contains(argument) else {
        throw UsageError(message: "no option is called \"\(argument)\"")
      }
      guard let value = rest.popFirst() else { throw UsageError(message: "\(argument) wants a value") }
      switch argument {
      case "--seed": seed = try number(argument, value, in: 0...UInt64.max)
      case "--count": count = try number(argument, value, in: 1...1_000_000)
      case "--size": size = try number(argument, value, in: 8...4096)
      default: test = value
      }
    }
    if output.isEmpty { throw UsageError(message: "no output folder") }
  }
}
