// What alert sinks need of the system: datagrams, what a socket still holds, a program fed from memory.
#ifndef VIGIL_ALERT_SINKS_H
#define VIGIL_ALERT_SINKS_H

#include <stddef.h>
#include <sys/types.h>

/// Sends one datagram to the first of the host's addresses that takes it. Returns 0, an errno, or -1
/// when the host's name leads to no address. Waits for the resolver as long as that takes.
int vigil_datagram_send(const char *host, const char *port, const void *bytes, size_t count);

/// Bytes that the peer of a TCP socket has not acknowledged (SIOCOUTQ). Returns -1 and sets errno.
int vigil_socket_unacknowledged(int descriptor);

/// Whether a socket is ready within the time: 1 reading (or ended), 2 writing, 3 both; 0 when it is
/// neither, or a signal came.
int vigil_socket_wait(int descriptor, int for_writing, int milliseconds);

/// Starts a program whose standard input is a copy of the bytes in memory: a process group of its own,
/// no signal blocked and every one as by default, /dev/null for what it writes, nothing else open.
/// Both lists end with null. Returns 0, or an errno.
int vigil_spawn_fed(
    const char *path, char *const words[], char *const environment[], const void *bytes,
    size_t count, pid_t *process);

/// Why a process is no child of ours to wait for: an errno, or 0 when it is one. Leaves it as it is.
int vigil_child_fault(pid_t process);

/// Takes back what whoever started this process left behind: SIGCHLD ignored, which makes the system reap
/// our children before we learn how they ended, and SSLKEYLOGFILE, into which libcurl would write the
/// keys of its connections. To be called first, while there is one thread.
void vigil_start_clean(void);

#endif
