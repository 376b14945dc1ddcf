#define _GNU_SOURCE
#include "platform.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>

int vigil_terminal_columns(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

int vigil_open(const char *path, int flags, mode_t mode) {
  return open(path, flags | O_CLOEXEC, mode);
}

int vigil_openat(int directory, const char *path, int flags, mode_t mode) {
  return openat(directory, path, flags | O_CLOEXEC, mode);
}

int vigil_lock_exclusive(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }
