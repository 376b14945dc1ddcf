#define _GNU_SOURCE
#include "platform.h"
#include "spawn_apart.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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

int vigil_spawn_apart_set(posix_spawnattr_t *attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int code = posix_spawnattr_setsigmask(attributes, &none);
  if (code == 0) code = posix_spawnattr_setsigdefault(attributes, &all);
  if (code == 0) code = posix_spawnattr_setpgroup(attributes, 0);
  if (code != 0) return code;
  return posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int set_streams(posix_spawn_file_actions_t *actions, int output) {
  int code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
  if (code == 0) code = posix_spawn_file_actions_adddup2(actions, output, 1);
  if (code == 0) code = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
  return code;
}

int vigil_spawn_apart(
    const char *path, char *const words[], char *const environment[], int output, pid_t *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code != 0) return code;
  code = posix_spawnattr_init(&attributes);
  if (code == 0) {
    code = vigil_spawn_apart_set(&attributes);
    if (code == 0) code = set_streams(&actions, output);
    if (code == 0) code = posix_spawn(process, path, &actions, &attributes, words, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

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
