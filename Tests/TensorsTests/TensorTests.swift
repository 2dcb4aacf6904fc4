import Tensors
import Testing

@Suite("A tensor is a value")
struct TensorTests {
  @Test("Writing to a copy leaves the original alone")
  func copyOnWrite() {
    let original = Tensor([2, 3], [1, 2, 3, 4, 5, 6])
    var copy = original
    unsafe copy.withUnsafeMutableElements { unsafe $0[0] = 9 }
    #expect(original.elements == [1, 2, 3, 4, 5, 6])
    #expect(copy.elements == [9, 2, 3, 4, 5, 6])
  }

  @Test("Samples are cut out and gathered in order")
  func samples() {
    let tensor = Tensor([3, 2], [0, 1, 10, 11, 20, 21])
    #expect(tensor[samples: 1..<3].elements == [10, 11, 20, 21])
    #expect(tensor.gathering(samples: [2, 0, 2]).elements == [20, 21, 0, 1, 20, 21])
    #expect(tensor[samples: 1..<1].shape == [0, 2])
  }

  @Test("Equality is of bits: NaN equals itself, and 0 is not -0")
  func equality() {
    #expect(Tensor([1], [.nan]) == Tensor([1], [.nan]))
    #expect(Tensor([1], [0]) != Tensor([1], [-0.0]))
    #expect(Tensor([2, 1], [1, 2]) != Tensor([1, 2], [1, 2]))
  }

  @Test("Memory is aligned to 64 bytes, with and without a pool", arguments: [1, 3, 64, 1000])
  func alignment(_ count: Int) {
    for pool in [nil, BufferPool()] {
      let tensor = Tensor(zeros: [count], in: pool)
      let isAligned = unsafe tensor.withUnsafeElements { Int(bitPattern: $0.baseAddress) % 64 == 0 }
      #expect(isAligned)
    }
  }

  @Test("A pool gives the same memory again, and asks for no more in a steady loop")
  func recycling() {
    let pool = BufferPool()
    for _ in 0..<10 {
      let a = Tensor(zeros: [1000], in: pool)
      let b = Tensor(repeating: 1, [1000], in: pool)
      #expect(a != b)
    }
    #expect(pool.createdBlockCount == 2)
    pool.trim()
    #expect(pool.byteCount == 0)
  }

  @Test("Large memory is used again for other sizes, by one owner at a time")
  func largeBlocks() {
    let pool = BufferPool()
    let million = 1 << 20
    func filled(_ value: Float, _ count: Int) -> Tensor { Tensor(repeating: value, [count], in: pool) }
    var tensors = (0..<4).map { filled(Float($0), 3 * million) }
    let most = pool.byteCount
    // Two neighbours make room for one that is larger, and that for three smaller ones.
    tensors.removeSubrange(1...2)
    tensors.append(filled(9, 5 * million))
    #expect(pool.byteCount == most)
    #expect(tensors.map { $0.elements.first } == [0, 3, 9] && tensors.map { $0.elements.last } == [0, 3, 9])
    tensors.removeLast()
    tensors += (0..<3).map { filled(Float(20 + $0), 1_900_000) }
    #expect(pool.byteCount == most)
    #expect(tensors.map { $0.elements.first } == [0, 3, 20, 21, 22])
    #expect(tensors.map { $0.elements.last } == [0, 3, 20, 21, 22])
    tensors = []
    let blocks = pool.createdBlockCount
    tensors = [filled(1, 11 * million)]
    #expect(pool.createdBlockCount == blocks && pool.byteCount == most)
    tensors = []
    pool.trim()
    #expect(pool.byteCount == 0)
  }
}

@Suite("Random keys")
struct RandomKeyTests {
  @Test("Uniform numbers have the mean, variance and bounds of their distribution")
  func moments() {
    let numbers = RandomKey(seed: 1).uniform(100_001)
    let mean = numbers.reduce(0.0) { $0 + Double($1) } / 100_001
    let variance = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 100_001
    #expect(abs(mean - 0.5) < 0.004)
    #expect(abs(variance - 1.0 / 12) < 0.002)
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
  }

  @Test("Different seeds, parts and names give different numbers, the same ones the same")
  func independence() {
    let key = RandomKey(seed: 7)
    #expect(key.uniform(8) == RandomKey(seed: 7).uniform(8))
    let keys = [key, RandomKey(seed: 8), key.folding(0), key.folding(1), key.folding("a"), key.folding("b")]
    #expect(Set(keys.map { $0.uniform(4) }).count == keys.count)
    #expect(Array(key.uniform(9).prefix(5)) == key.uniform(5))
  }

  @Test("However many numbers are drawn at once, they are those of the counters, one after the other")
  func uniformInBlocks() {
    let key = RandomKey(seed: 0xFEDC_BA98_7654_3210)
    for count in Array(0...70) + [255, 256, 1000] {
      let expected = (0..<count).map { Float(key.bits(at: UInt64($0 / 4))[$0 % 4] >> 8) / 16_777_216 }
      #expect(key.uniform(count) == expected)
    }
  }

  @Test("A permutation holds every index once; all orders of three come about equally often")
  func permutations() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 { counts[RandomKey(seed: UInt64(seed)).permutation(3), default: 0] += 1 }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
    #expect(RandomKey(seed: 3).permutation(100).sorted() == Array(0..<100))
  }

  @Test("Normal numbers have mean 0 and variance 1; truncated ones stay within two deviations")
  func normal() {
    let numbers = RandomKey(seed: 2).normal(100_000).map(Double.init)
    let mean = numbers.reduce(0, +) / 100_000
    #expect(abs(mean) < 0.015)
    #expect(abs(numbers.reduce(0) { $0 + $1 * $1 } / 100_000 - 1) < 0.02)
    let truncated = RandomKey(seed: 2).truncatedNormal(100_000).map(Double.init)
    #expect(truncated.allSatisfy { abs($0) <= 2 })
    // The variance of a standard normal cut at ±2.
    #expect(abs(truncated.reduce(0) { $0 + $1 * $1 } / 100_000 - 0.7737) < 0.02)
  }
}

@Suite("Preprocessing")
struct PreprocessingTests {
  /// What Keras' `imagenet_utils.preprocess_input` says, written out for the pixel (10, 20, 30).
  @Test(
    "Each mode computes Keras' formula",
    arguments: [
      (Preprocessing.none, [10, 20, 30]), (.unit, [10 / 255, 20 / 255, 30 / 255]),
      (.tf, [10 / 127.5 - 1, 20 / 127.5 - 1, 30 / 127.5 - 1]),
      (.caffe, [30 - 103.939, 20 - 116.779, 10 - 123.68]),
      (.torch, [(10 / 255 - 0.485) / 0.229, (20 / 255 - 0.456) / 0.224, (30 / 255 - 0.406) / 0.225]),
    ] as [(Preprocessing, [Double])])
  func formulas(_ mode: Preprocessing, _ expected: [Double]) {
    let result = mode(Tensor([1, 1, 1, 3], [10, 20, 30])).elements
    for (value, reference) in zip(result, expected) { #expect(abs(Double(value) - reference) < 1e-5) }
  }

  @Test("Every mode is found by its name")
  func names() {
    for mode in Preprocessing.all { #expect(Preprocessing(name: mode.name) == mode) }
    #expect(Preprocessing(name: "caffee") == nil)
  }
}
