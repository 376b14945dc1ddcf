#define _GNU_SOURCE
#include "alert_sinks.h"
#include "spawn_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// MARK: Sockets

static int datagram_to(const struct addrinfo *address, const void *bytes, size_t count) {
  int descriptor =
      socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
  if (descriptor < 0) return errno;
  int code = 0;
  // Connected, so that a host which says that nobody listens is heard: on this one it says so at once.
  if (connect(descriptor, address->ai_addr, address->ai_addrlen) != 0 ||
      send(descriptor, bytes, count, MSG_NOSIGNAL) != (ssize_t)count)
    code = errno ? errno : EIO;
  if (code == 0) {
    socklen_t length = sizeof code;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
  }
  close(descriptor);
  return code;
}

int vigil_datagram_send(const char *host, const char *port, const void *bytes, size_t count) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  hints.ai_flags = AI_NUMERICSERV;
  if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
  int code = -1;
  for (struct addrinfo *address = found; address != NULL; address = address->ai_next) {
    errno = 0;
    code = datagram_to(address, bytes, count);
    if (code == 0) break;
  }
  freeaddrinfo(found);
  return code;
}

int vigil_socket_unacknowledged(int descriptor) {
  int count = 0;
  return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

int vigil_socket_wait(int descriptor, int for_writing, int milliseconds) {
  struct pollfd polled = {.fd = descriptor, .events = POLLIN | (for_writing ? POLLOUT : 0)};
  if (poll(&polled, 1, milliseconds) <= 0) return 0;
  int ready = polled.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL) ? 1 : 0;
  return ready | (polled.revents & POLLOUT ? 2 : 0);
}

// MARK: A program fed from memory

/// A file in memory that holds the bytes, at its start. Returns -1 and sets errno.
static int memory_file(const void *bytes, size_t count) {
  int descriptor = memfd_create("vigil-alert", MFD_CLOEXEC);
  if (descriptor < 0) return -1;
  size_t done = 0;
  while (done < count) {
    ssize_t written = write(descriptor, (const char *)bytes + done, count - done);
    if (written > 0) {
      done += (size_t)written;
    } else if (written == 0 || errno != EINTR) {
      break;
    }
  }
  if (done == count && lseek(descriptor, 0, SEEK_SET) == 0) return descriptor;
  int code = errno;
  close(descriptor);
  errno = code;
  return -1;
}

static int fed_streams(posix_spawn_file_actions_t *actions, int input) {
  int code = posix_spawn_file_actions_adddup2(actions, input, 0);
  if (code == 0) code = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
  if (code == 0) code = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
  if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
  return code;
}

int vigil_spawn_fed(
    const char *path, char *const words[], char *const environment[], const void *bytes,
    size_t count, pid_t *process) {
  int input = memory_file(bytes, count);
  if (input < 0) return errno;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code == 0) {
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
      code = vigil_spawn_apart_set(&attributes);
      if (code == 0) code = fed_streams(&actions, input);
      if (code == 0) code = posix_spawn(process, path, &actions, &attributes, words, environment);
      posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  close(input);
  return code;
}

int vigil_child_fault(pid_t process) {
  siginfo_t found;
  while (waitid(P_PID, (id_t)process, &found, WEXITED | WNOHANG | WNOWAIT) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

// MARK: This process

void vigil_start_clean(void) {
  struct sigaction children;
  if (sigaction(SIGCHLD, NULL, &children) == 0 && children.sa_handler == SIG_IGN)
    signal(SIGCHLD, SIG_DFL);
  unsetenv("SSLKEYLOGFILE");
}
