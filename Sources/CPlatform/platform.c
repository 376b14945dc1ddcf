#define _GNU_SOURCE
#include "platform.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>

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

int vigil_blocking_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int vigil_lock_exclusive(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

void vigil_begin_writing(int descriptor, off_t offset, off_t count) {
  // What it cannot do, the sync that follows does.
  (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

// The only thing that a handler may touch.
static volatile sig_atomic_t stop_requested = 0;

static void note_stop(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
}

void vigil_install_stop_signal(void) {
  struct sigaction action = {0};
  action.sa_handler = note_stop;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  // Whoever started us may have blocked them: a mask is inherited.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

int vigil_stop_was_requested(void) { return stop_requested; }

void vigil_sleep_milliseconds(int milliseconds) {
  struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  nanosleep(&time, NULL);
}
