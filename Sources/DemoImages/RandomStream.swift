import Foundation
import Tensors

/// Numbers drawn one after another from a key.
struct RandomStream {
  private let key: RandomKey
  private var counter: UInt64 = 0

  init(_ key: RandomKey) { self.key = key }

  /// Uniform in a range.
  mutating func number(_ low: Double, _ high: Double) -> Double {
    defer { counter += 1 }
    return mix(low, high, Double(key.bits(at: counter)[0]) * 0x1p-32)
  }

  mutating func number(_ range: ClosedRange<Double>) -> Double { number(range.lowerBound, range.upperBound) }

  mutating func index(below count: Int) -> Int { Int(number(0, Double(count))) }

  mutating func isTrue(_ probability: Double) -> Bool { number(0, 1) < probability }

  mutating func angle() -> Double { number(0, 2 * .pi) }

  mutating func point(within extent: Double) -> Point { Point(number(-extent, extent), number(-extent, extent)) }

  mutating func element<Element>(of elements: [Element]) -> Element { elements[index(below: elements.count)] }
}
