#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLazyCurl.h"

// Foundation's archive for static linking (lib_CFURLSessionInterface.a) calls libcurl by these names. Each is defined here as
// a call of the real one. Where Foundation is a shared library it never sees them: they are hidden in the program. A program
// that carries a libcurl of its own keeps it: they are weak.
#ifdef __linux__

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

// As in curl's headers, with `void *` for its handles and `int` for its enumerations, which are that wide.
#define FUNCTIONS(F)                                                                                                         \
  F(void, easy_cleanup, (void *handle), (handle))                                                                            \
  F(void *, easy_init, (void), ())                                                                                           \
  F(int, easy_pause, (void *handle, int mask), (handle, mask))                                                               \
  F(const char *, easy_strerror, (int code), (code))                                                                         \
  F(void, free, (void *memory), (memory))                                                                                    \
  F(int, global_init, (long flags), (flags))                                                                                 \
  F(int, multi_add_handle, (void *multi, void *handle), (multi, handle))                                                     \
  F(int, multi_assign, (void *multi, int socket, void *value), (multi, socket, value))                                       \
  F(int, multi_cleanup, (void *multi), (multi))                                                                              \
  F(void *, multi_info_read, (void *multi, int *left), (multi, left))                                                        \
  F(void *, multi_init, (void), ())                                                                                          \
  F(int, multi_remove_handle, (void *multi, void *handle), (multi, handle))                                                  \
  F(int, multi_socket_action, (void *multi, int socket, int events, int *running), (multi, socket, events, running))         \
  F(void *, slist_append, (void *list, const char *text), (list, text))                                                      \
  F(void, slist_free_all, (void *list), (list))                                                                              \
  F(void *, url, (void), ())                                                                                                 \
  F(int, url_get, (const void *url, int part, char **text, unsigned flags), (url, part, text, flags))                        \
  F(int, url_set, (void *url, int part, const char *text, unsigned flags), (url, part, text, flags))                         \
  F(char *, version, (void), ())                                                                                             \
  F(void *, version_info, (int age), (age))

// Those that take one more argument of any kind. All kinds that libcurl knows fill one register, as a pointer does.
#define VARIADIC_FUNCTIONS(F) F(easy_getinfo) F(easy_setopt) F(multi_setopt)

#define FIELD(result, name, parameters, arguments) result(*name) parameters;
#define VARIADIC_FIELD(name) int (*name)(void *handle, int option, ...);
static struct { FUNCTIONS(FIELD) VARIADIC_FUNCTIONS(VARIADIC_FIELD) } real;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[512];

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(problem, sizeof problem, "libcurl cannot be loaded (%s); install it, as with `apt-get install libcurl4`", dlerror());
    return;
  }
#define FIND(result, name, parameters, arguments) VARIADIC_FIND(name)
#define VARIADIC_FIND(name)                                                                                                  \
  if (!(real.name = (__typeof__(real.name))dlsym(library, "curl_" #name)))                                                   \
    snprintf(problem, sizeof problem, "the installed libcurl is too old: it has no curl_" #name);
  FUNCTIONS(FIND) VARIADIC_FUNCTIONS(VARIADIC_FIND)
}

const char *ft_curl_problem(void) {
  pthread_once(&once, load);
  return problem[0] ? problem : NULL;
}

static void require(void) {
  if (!ft_curl_problem()) return;
  fprintf(stderr, "%s\n", problem);
  abort();
}

#define FORWARDED __attribute__((weak, visibility("hidden")))

#define FORWARD(result, name, parameters, arguments)                                                                         \
  FORWARDED result curl_##name parameters;                                                                                   \
  result curl_##name parameters {                                                                                            \
    require();                                                                                                               \
    return real.name arguments;                                                                                              \
  }
#define VARIADIC_FORWARD(name)                                                                                               \
  FORWARDED int curl_##name(void *handle, int option, ...);                                                                  \
  int curl_##name(void *handle, int option, ...) {                                                                           \
    require();                                                                                                               \
    va_list arguments;                                                                                                       \
    va_start(arguments, option);                                                                                             \
    void *argument = va_arg(arguments, void *);                                                                              \
    va_end(arguments);                                                                                                       \
    return real.name(handle, option, argument);                                                                              \
  }
FUNCTIONS(FORWARD)
VARIADIC_FUNCTIONS(VARIADIC_FORWARD)

#else

#include <stddef.h>

const char *ft_curl_problem(void) { return NULL; }

#endif
