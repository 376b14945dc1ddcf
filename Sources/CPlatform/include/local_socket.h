// Unix stream sockets and bells: calls whose structures or feature gates Glibc's module leaves out.
#ifndef VIGIL_LOCAL_SOCKET_H
#define VIGIL_LOCAL_SOCKET_H

#include <stdint.h>
#include <sys/types.h>

/// Longest path that fits a socket address, without its terminating zero.
#define VIGIL_LOCAL_PATH_MAX 107

/// Makes a socket file with mode 0600 at `path` and listens on it. Returns -1 and sets errno.
int vigil_local_listen(const char *path, int backlog);

/// Connects to the socket at `path`, without waiting for room in its backlog longer than the kernel
/// does. Returns -1 and sets errno.
int vigil_local_connect(const char *path);

/// The same, but with EAGAIN where the backlog is full; the connection never blocks either.
int vigil_local_connect_at_once(const char *path);

/// Takes a waiting connection; it does not block. Returns -1 and sets errno.
int vigil_local_accept(int listener);

/// Who is at the other end (SO_PEERCRED). Returns -1 and sets errno.
int vigil_local_peer(int descriptor, pid_t *process, uid_t *user);

/// send(2) with MSG_NOSIGNAL and MSG_DONTWAIT. Returns -1 and sets errno.
ssize_t vigil_local_send(int descriptor, const void *bytes, size_t count);

/// recv(2) with MSG_DONTWAIT. Returns -1 and sets errno.
ssize_t vigil_local_receive(int descriptor, void *bytes, size_t count);

/// An eventfd that neither read nor write blocks on. Returns -1 and sets errno.
int vigil_bell(void);

/// Makes the bell readable.
void vigil_bell_ring(int bell);

/// Makes it silent again.
void vigil_bell_silence(int bell);

#endif
