// Starting a child process that shares three descriptors with its parent, and confining it: what Swift cannot do itself,
// since between `fork` and the confinement nothing may allocate or take a lock. Only `HDF5` imports this module.
#ifndef FINETUNE_CHILD_PROCESS_H
#define FINETUNE_CHILD_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

// Where the child finds what it shares with its parent: a socket, memory and the file to read.
enum { FT_CHILD_SOCKET = 3, FT_CHILD_MEMORY = 4, FT_CHILD_FILE = 5 };

// What the child may use. Numbers of bytes and seconds count from where it starts.
struct ft_child_limits {
  size_t memory;
  unsigned processor_seconds;
};

// A connected pair of sockets, for `sockets[0]` to stay and `sockets[1]` to go to the child. 0, or -1 with errno.
int ft_child_sockets(int sockets[2]);

// An empty file in memory, or -1 with errno.
int ft_child_memory(void);

// How many threads this process has; 0 if that cannot be found out.
int ft_child_thread_count(void);

// Copies this process, which must have one thread only. Returns 0 in the child, which has `descriptors` at the numbers
// above and no others; its id in the parent; -1 with errno.
pid_t ft_child_fork(const int descriptors[3]);

// Starts the program `path` with one argument and `descriptors` at the numbers above. -1 with errno.
pid_t ft_child_spawn(const char *path, const char *argument, const int descriptors[3]);

// To be called in the child, first thing. Closes all but the shared descriptors, silences the standard streams, lets
// signals kill, and limits memory and processor time; forbids core dumps, new processes and larger files. 0, or -1.
int ft_child_confine(struct ft_child_limits limits);

// Ends the child, if it still runs, and waits for it. The status is that of `waitpid`, -1 if somebody else waited.
int ft_child_end(pid_t child);

// Reads a status: the signal that ended the process, else 0; its exit code.
int ft_child_signal(int status);
int ft_child_exit_code(int status);

// Ends this process without running anything that was registered for its end.
_Noreturn void ft_child_exit(int code);

#endif
