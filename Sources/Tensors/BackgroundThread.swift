#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A thread that runs a body once, behind all work that somebody waits for.
package final class BackgroundThread: Sendable {
  /// What the thread is started with.
  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let handle: Handle

  /// Unchecked Sendable: a thread's handle may be used anywhere.
  private struct Handle: @unchecked Sendable { let thread: pthread_t }

  package init(_ body: @escaping @Sendable () -> Void) {
    var handle = pthread_t()
    // The reference that `passRetained` leaves behind is the thread's own; it takes it over as its first deed.
    let argument = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    let status = unsafe pthread_create(
      &handle, nil,
      { argument in
        let work = unsafe Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
        #if os(Linux)
          // Here 0 names this thread, not the process. A refusal costs the others some time and nothing else. Not the lowest
          // priority: on a busy machine whoever waits for the last of the work would wait long.
          _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
        work.body()
        return nil
      }, argument)
    precondition(status == 0, "cannot start a thread: error \(status)")
    self.handle = Handle(thread: handle)
  }

  /// Waits until the body has returned; to be called once.
  package func join() { pthread_join(handle.thread, nil) }
}
