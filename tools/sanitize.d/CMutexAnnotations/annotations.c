// Tells ThreadSanitizer of Swift's `Mutex`.
//
// What a Mutex does when nobody holds it is compiled into the code that uses it, and the sanitizer sees it. Where it has to wait
// it calls into libswiftSynchronization, which nobody has instrumented: the sanitizer misses that the lock was taken, and reports
// a race for everything it guards. This stands in front of that call, passes it on, and says what happened. The unlocking
// store is compiled into the user's code, so both are told of the same address.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <dlfcn.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"

void __tsan_acquire(void *address);

typedef __attribute__((swiftcall)) void (*LockSlow)(uint32_t, __attribute__((swift_context)) void *);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) __asm__(LOCK_SLOW);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) {
  LockSlow original = (LockSlow)dlsym(RTLD_NEXT, LOCK_SLOW);
  original(thread, handle);
  __tsan_acquire(handle);
}
#endif
#endif
