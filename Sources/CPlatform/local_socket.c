#define _GNU_SOURCE
#include "local_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int local_address(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) > VIGIL_LOCAL_PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return 0;
}

static int fail_closing(int descriptor) {
  int reason = errno;
  close(descriptor);
  errno = reason;
  return -1;
}

int vigil_local_listen(const char *path, int backlog) {
  struct sockaddr_un address;
  if (local_address(path, &address) != 0) return -1;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  // The kernel makes the file with the socket's own mode: at no moment can anyone else connect.
  if (fchmod(descriptor, 0600) != 0 ||
      bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(descriptor, backlog) != 0)
    return fail_closing(descriptor);
  return descriptor;
}

static int local_connect(const char *path, int flags) {
  struct sockaddr_un address;
  if (local_address(path, &address) != 0) return -1;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
    return fail_closing(descriptor);
  return descriptor;
}

int vigil_local_connect(const char *path) { return local_connect(path, 0); }

int vigil_local_connect_at_once(const char *path) { return local_connect(path, SOCK_NONBLOCK); }

int vigil_local_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int vigil_local_peer(int descriptor, pid_t *process, uid_t *user) {
  struct ucred credentials = {0, 0, 0};
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *process = credentials.pid;
  *user = credentials.uid;
  return 0;
}

ssize_t vigil_local_send(int descriptor, const void *bytes, size_t count) {
  return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t vigil_local_receive(int descriptor, void *bytes, size_t count) {
  return recv(descriptor, bytes, count, MSG_DONTWAIT);
}

int vigil_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void vigil_bell_ring(int bell) {
  uint64_t one = 1;
  // Full only when it rings already.
  ssize_t ignored = write(bell, &one, sizeof one);
  (void)ignored;
}

void vigil_bell_silence(int bell) {
  uint64_t count;
  ssize_t ignored = read(bell, &count, sizeof count);
  (void)ignored;
}
