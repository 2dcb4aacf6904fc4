#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CChildProcess.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// Above the numbers of the child's descriptors, so that moving one never overwrites the next.
enum { FIRST_FREE = FT_CHILD_FILE + 1, ASIDE = 16 };

int ft_child_sockets(int sockets[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets); }

int ft_child_memory(void) { return memfd_create("finetune", MFD_CLOEXEC); }

int ft_child_thread_count(void) {
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return 0;
  int count = 0;
  for (struct dirent *task; (task = readdir(tasks));) count += task->d_name[0] != '.';
  closedir(tasks);
  return count;
}

// MARK: Starting

static int set_aside(const int descriptors[3], int aside[3]) {
  for (int i = 0; i < 3; i++) {
    aside[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, ASIDE);
    if (aside[i] < 0) {
      int code = errno;
      while (i-- > 0) close(aside[i]);
      errno = code;
      return -1;
    }
  }
  return 0;
}

static void close_all(const int aside[3]) {
  int code = errno;
  for (int i = 0; i < 3; i++) close(aside[i]);
  errno = code;
}

pid_t ft_child_fork(const int descriptors[3]) {
  int aside[3];
  if (set_aside(descriptors, aside) < 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; i++)
      if (dup2(aside[i], FT_CHILD_SOCKET + i) < 0) _exit(71);
    return 0;
  }
  close_all(aside);
  return child;
}

pid_t ft_child_spawn(const char *path, const char *argument, const int descriptors[3]) {
  int aside[3];
  if (set_aside(descriptors, aside) < 0) return -1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; i++) posix_spawn_file_actions_adddup2(&actions, aside[i], FT_CHILD_SOCKET + i);
  char *arguments[] = {(char *)path, (char *)argument, NULL};
  pid_t child = -1;
  int code = posix_spawn(&child, path, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close_all(aside);
  if (code == 0) return child;
  errno = code;
  return -1;
}

// MARK: Confining

static int limit(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit before;
  if (getrlimit(resource, &before) < 0) return -1;
  if (hard > before.rlim_max) hard = before.rlim_max;
  if (soft > hard) soft = hard;
  struct rlimit after = {soft, hard};
  return setrlimit(resource, &after);
}

// What the process has taken already: all of its addresses, and its private data.
static int taken(size_t *addresses, size_t *data) {
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return -1;
  unsigned long total, private_data;
  int found = fscanf(file, "%lu %*u %*u %*u %*u %lu", &total, &private_data);
  fclose(file);
  if (found != 2) return -1;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  *addresses = total * page;
  *data = private_data * page;
  return 0;
}

static void close_others(void) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, FIRST_FREE, ~0U, 0) == 0) return;
#endif
  long count = sysconf(_SC_OPEN_MAX);
  for (int descriptor = FIRST_FREE; descriptor < count; descriptor++) close(descriptor);
}

int ft_child_confine(struct ft_child_limits limits) {
  // A handler of the parent's would run here, in the state that a crash left; Ctrl-C is for the parent to judge.
  static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS, SIGXCPU, SIGTERM, SIGHUP, SIGPIPE};
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], SIG_DFL);
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  close_others();
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return -1;
  for (int stream = 0; stream < 3; stream++)
    if (dup2(null, stream) < 0) return -1;
  close(null);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_NAME, "finetune-reader", 0, 0, 0);

  size_t addresses, data;
  if (taken(&addresses, &data) < 0) return -1;
  if (limit(RLIMIT_CORE, 0, 0) < 0) return -1;
  if (limit(RLIMIT_FSIZE, 0, 0) < 0) return -1;
  if (limit(RLIMIT_NPROC, 0, 0) < 0) return -1;
  if (limit(RLIMIT_DATA, data + limits.memory, data + limits.memory) < 0) return -1;
  if (limit(RLIMIT_AS, addresses + limits.memory, addresses + limits.memory) < 0) return -1;
  return limit(RLIMIT_CPU, limits.processor_seconds, (rlim_t)limits.processor_seconds + 1);
}

// MARK: Ending

int ft_child_end(pid_t child) {
  // A process that is dying already keeps the status that it is dying with.
  kill(child, SIGKILL);
  int status;
  pid_t found;
  do found = waitpid(child, &status, 0);
  while (found < 0 && errno == EINTR);
  return found == child ? status : -1;
}

int ft_child_signal(int status) { return status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int ft_child_exit_code(int status) { return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

void ft_child_exit(int code) { _exit(code); }
