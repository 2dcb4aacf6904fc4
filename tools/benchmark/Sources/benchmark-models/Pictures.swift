import FineTune
import Foundation

/// Pictures of random numbers, the same for all sides, and a class for each.
struct Pictures {
  /// `[count, 224, 224, 3]`.
  let tensor: Tensor
  let classes: [Int]

  static let size = 224
  static let classCount = 1000

  init(folder: String, count: Int) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/pictures.f32"))
    let shape: Shape = [count, Self.size, Self.size, 3]
    let floatCount = shape.elementCount
    guard data.count >= floatCount * MemoryLayout<Float>.stride else {
      throw RequestError(description: "there are no \(count) pictures in \(folder)")
    }
    let numbers = [Float](unsafeUninitializedCapacity: floatCount) { buffer, initializedCount in
      // As many bytes as floats were asked for, and there are at least as many.
      initializedCount = data.copyBytes(to: buffer) / MemoryLayout<Float>.stride
    }
    tensor = Tensor(shape, numbers)
    classes = (0..<count).map { $0 * 61 % Self.classCount }
  }
}
