// Tells ThreadSanitizer of Swift's `Mutex`.
//
// What a Mutex does when nobody contends for it is compiled into the code that uses it, and the sanitizer sees it. Where
// somebody has to wait it calls into libswiftSynchronization, which nobody has instrumented, and further into the kernel: the
// sanitizer misses that the lock was given back and taken, and reports a race for everything it guards. These stand in front
// of those calls, pass them on, and say what happened.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define HANDLE __attribute__((swift_context)) void *

void __tsan_acquire(void *address);
void __tsan_release(void *address);

__attribute__((swiftcall)) void lock(uint32_t thread, HANDLE handle) __asm__(LOCK);
__attribute__((swiftcall)) void unlock(HANDLE handle) __asm__(UNLOCK);

__attribute__((swiftcall)) void lock(uint32_t thread, HANDLE handle) {
  typedef __attribute__((swiftcall)) void (*Function)(uint32_t, HANDLE);
  ((Function)dlsym(RTLD_NEXT, LOCK))(thread, handle);
  __tsan_acquire(handle);
}

__attribute__((swiftcall)) void unlock(HANDLE handle) {
  typedef __attribute__((swiftcall)) void (*Function)(HANDLE);
  __tsan_release(handle);
  ((Function)dlsym(RTLD_NEXT, UNLOCK))(handle);
}
#endif
#endif
