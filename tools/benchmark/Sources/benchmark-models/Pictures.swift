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
    // Mapped and copied once, so that the peak of memory shows the network's and not the reader's.
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/pictures.f32"), options: .alwaysMapped)
    let shape: Shape = [count, Self.size, Self.size, 3]
    guard data.count >= shape.elementCount * MemoryLayout<Float>.stride else {
      throw RequestError(description: "there are no \(count) pictures in \(folder)")
    }
    // As many bytes are copied as floats were asked for, and there are at least as many.
    tensor = Tensor(shape) { elements in _ = data.copyBytes(to: elements) }
    classes = (0..<count).map { $0 * 61 % Self.classCount }
  }
}
