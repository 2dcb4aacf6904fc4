import Kernels
import Synchronization
import Tensors
import Testing

@Suite struct WorkerPoolTests {
  final class Counters: Sendable {
    let values: Mutex<[Int]>
    init(_ count: Int) { values = Mutex(Array(repeating: 0, count: count)) }
    func count(_ index: Int) { values.withLock { $0[index] += 1 } }
  }

  @Test("Every index runs exactly once, in thousands of short regions", arguments: [1, 2, 4])
  func everyIndexOnce(_ threads: Int) {
    let pool = WorkerPool(threadCount: threads)
    for count in [0, 1, 2, 3, 17] {
      let counters = Counters(count)
      for _ in 0..<2000 { pool.forEach(count) { counters.count($0) } }
      #expect(counters.values.withLock { $0 } == Array(repeating: 2000, count: count))
    }
  }

  @Test("A loop inside a loop runs to its end")
  func nested() {
    let pool = WorkerPool(threadCount: 3)
    let counters = Counters(40)
    pool.forEach(8) { outer in pool.forEach(5) { inner in counters.count(outer * 5 + inner) } }
    #expect(counters.values.withLock { $0 } == Array(repeating: 1, count: 40))
  }

  @Test("Workers that went to sleep come back")
  func sleepers() throws {
    let pool = WorkerPool(threadCount: 2)
    let clock = ContinuousClock()
    for _ in 0..<20 {
      let counters = Counters(64)
      let until = clock.now + .milliseconds(3)
      while clock.now < until {}
      pool.forEach(64) { counters.count($0) }
      #expect(counters.values.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test("Several threads may use one pool at once")
  func shared() async {
    let pool = WorkerPool(threadCount: 2)
    let counters = Counters(10)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<500 { pool.forEach(10) { counters.count($0) } } }
      }
    }
    #expect(counters.values.withLock { $0 } == Array(repeating: 2000, count: 10))
  }

  @Test("Pools come and go without hanging")
  func manyPools() {
    for _ in 0..<200 {
      let counters = Counters(4)
      WorkerPool(threadCount: 3).forEach(4) { counters.count($0) }
      #expect(counters.values.withLock { $0 } == [1, 1, 1, 1])
    }
  }
}
