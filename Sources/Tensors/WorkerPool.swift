import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Threads that share out the items of a loop.
///
/// A region costs well under a microsecond while the threads are still spinning from the last one. After a few microseconds
/// without work they yield to other programs, after about a tenth of a millisecond they sleep, and the next region does not
/// wait for one that wakes late.
///
/// Each thread begins with a share of neighbouring items, always the same one, so that it finds in its caches what it left
/// there; when it is done it helps the others. So which thread runs an item is left to chance in the end, and an item's result
/// must depend on its index alone.
public final class WorkerPool: Sendable {
  /// The number of processors of this machine.
  public static let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  /// The threads that work on a region, the caller's among them.
  public let threadCount: Int

  private let region: Region
  private let threads: Threads

  /// A pool of `threadCount` threads, the caller of `forEach` being one of them.
  public init(threadCount: Int) {
    precondition(threadCount >= 1, "a pool has at least one thread, not \(threadCount)")
    self.threadCount = threadCount
    region = Region(threadCount: threadCount)
    threads = Threads(count: threadCount - 1, region: region)
  }

  deinit {
    region.stop()
    threads.join()
  }

  /// Runs `body` for every index in `0..<count`, on all threads, and returns when the last is done.
  ///
  /// Inside a body, or while another thread is using this pool, the indices run on the calling thread, in order.
  public func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) { forEach(count) { _, index in body(index) } }

  /// The same with the number of the thread, from 0 to below `threadCount`: while the loop runs nobody else has it, so
  /// `body` may use memory set aside under that number.
  public func forEach(_ count: Int, _ body: @Sendable (_ thread: Int, _ index: Int) -> Void) {
    guard count > 1, threadCount > 1, region.reserve() else {
      for index in 0..<max(0, count) { body(0, index) }
      return
    }
    withoutActuallyEscaping(body) { region.run(count, $0) }
    region.release()
  }
}

/// A thread's share of a loop: what is left of it.
///
/// Unchecked Sendable: `end` is written and read under the rules of `Region`.
private final class Share: @unchecked Sendable {
  let next = Atomic(0)
  var end = 0
  /// Two threads' shares never meet in a cache line.
  private let distance = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

/// The loop being shared out, and how workers come to it.
///
/// Unchecked Sendable: `body` and the shares' ends are written only by the thread that holds `isReserved`, and only while the region
/// is closed and nobody is inside (`state` has neither the open bit nor a worker). Workers read them only after they
/// entered: a compare-and-exchange on the open bit that acquires what opening released. The writer closes the region and
/// waits until the last worker has left before it forgets the body, so no body outlives its `forEach`.
private final class Region: @unchecked Sendable {
  private static let open = 1 << 32
  private static let generation = 1 << 33
  private static let spins = 2000  // a few microseconds
  private static let yields = 200  // about a tenth of a millisecond

  private let isReserved = Atomic(false)
  private let state = Atomic(0)  // generation, open bit, number of workers inside
  private let shares: [Share]
  private let sleepers = Atomic(0)
  private let isStopped = Atomic(false)
  private let bell = Bell()
  private var body: (@Sendable (Int, Int) -> Void)?

  init(threadCount: Int) { shares = (0..<threadCount).map { _ in Share() } }

  func reserve() -> Bool { !isReserved.exchange(true, ordering: .acquiring) }

  func release() { isReserved.store(false, ordering: .releasing) }

  func run(_ count: Int, _ body: @escaping @Sendable (Int, Int) -> Void) {
    self.body = body
    for thread in shares.indices {
      shares[thread].next.store(count * thread / shares.count, ordering: .relaxed)
      shares[thread].end = count * (thread + 1) / shares.count
    }
    // Sequentially consistent with `sleep`: either this thread sees the sleeper, or the sleeper sees the open region.
    state.add(Self.generation + Self.open, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
    work(thread: 0)
    state.subtract(Self.open, ordering: .acquiringAndReleasing)
    // A worker that has lost its processor to somebody else gets it back sooner if this thread does not insist on its own.
    var waits = 0
    while state.load(ordering: .acquiring) & (Self.open - 1) != 0 {
      waits += 1
      if waits > Self.spins { sched_yield() }
    }
    self.body = nil
  }

  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    bell.ring()
  }

  /// The life of worker `thread`.
  func serve(thread: Int) {
    var seen = 0  // the last generation this worker tried to enter
    while true {
      guard let current = waitForRegion(after: seen) else { return }
      seen = current / Self.generation
      if enter(current) {
        work(thread: thread)
        state.subtract(1, ordering: .acquiringAndReleasing)
      }
    }
  }

  private func work(thread: Int) {
    guard let body else { return }
    for step in shares.indices {
      let share = shares[(thread + step) % shares.count]
      while true {
        let index = share.next.add(1, ordering: .relaxed).oldValue
        if index >= share.end { break }
        body(thread, index)
      }
    }
  }

  /// Comes inside, unless the region has been closed meanwhile.
  private func enter(_ seen: Int) -> Bool {
    var expected = seen
    while expected & Self.open != 0, expected / Self.generation == seen / Self.generation {
      let (exchanged, original) = state.weakCompareExchange(
        expected: expected, desired: expected + 1, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      expected = original
    }
    return false
  }

  private func waitForRegion(after seen: Int) -> Int? {
    while true {
      for wait in 0..<Self.spins + Self.yields {
        let current = state.load(ordering: .acquiring)
        if isStopped.load(ordering: .acquiring) { return nil }
        if current / Self.generation != seen { return current }
        if wait >= Self.spins { sched_yield() }
      }
      bell.wait {
        sleepers.add(1, ordering: .sequentiallyConsistent)
        return state.load(ordering: .sequentiallyConsistent) / Self.generation == seen
          && !isStopped.load(ordering: .sequentiallyConsistent)
      } afterwards: {
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
      }
    }
  }
}

/// A condition variable.
///
/// Unchecked Sendable: the two pthread objects are made to be used from all threads; they have a fixed address because they
/// are allocated, and are destroyed with the last reference.
@safe private final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe condition.initialize(to: pthread_cond_t())
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Sleeps until the bell rings if `isNeeded` says so under the lock; a wait may also end without a ring.
  func wait(_ isNeeded: () -> Bool, afterwards: () -> Void) {
    unsafe pthread_mutex_lock(mutex)
    if isNeeded() { unsafe pthread_cond_wait(condition, mutex) }
    afterwards()
    unsafe pthread_mutex_unlock(mutex)
  }

  func ring() {
    unsafe pthread_mutex_lock(mutex)
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }
}

/// What a thread is started with.
private final class Worker: Sendable {
  let region: Region
  let thread: Int

  init(region: Region, thread: Int) { (self.region, self.thread) = (region, thread) }
}

/// The workers' threads.
///
/// Unchecked Sendable: written in `init` only, and a thread's handle may be used anywhere.
private final class Threads: @unchecked Sendable {
  private let handles: [pthread_t]

  init(count: Int, region: Region) {
    handles = (0..<count).map { index in
      var handle = pthread_t()
      // The reference that `passRetained` leaves behind is the thread's own; it takes it over as its first deed.
      let argument = unsafe Unmanaged.passRetained(Worker(region: region, thread: index + 1)).toOpaque()
      let status = unsafe pthread_create(
        &handle, nil,
        { argument in
          let worker = unsafe Unmanaged<Worker>.fromOpaque(argument!).takeRetainedValue()
          worker.region.serve(thread: worker.thread)
          return nil
        }, argument)
      precondition(status == 0, "cannot start a thread: error \(status)")
      return handle
    }
  }

  func join() {
    for handle in handles { pthread_join(handle, nil) }
  }
}
