#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// MARK: Jobs

/// Pointers to `count` texts that follow one another, NULL behind the last; NULL without memory or
/// when the bytes hold fewer.
static char **vigil_texts(const uint8_t **cursor, const uint8_t *end, size_t count) {
  char **result = calloc(count + 1, sizeof *result);
  if (!result) return NULL;
  for (size_t index = 0; index < count; index++) {
    const uint8_t *zero = memchr(*cursor, 0, (size_t)(end - *cursor));
    if (!zero) {
      free(result);
      errno = EINVAL;
      return NULL;
    }
    result[index] = (char *)*cursor;
    *cursor = zero + 1;
  }
  return result;
}

static void vigil_reset_signals(void) {
  for (int number = 1; number < NSIG; number++)
    if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static int vigil_apply_limits(const int64_t limits[5]) {
  static const int kinds[5] = {
      RLIMIT_CPU, RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_FSIZE};
  for (int index = 0; index < 5; index++) {
    if (limits[index] < 0) continue;
    struct rlimit limit = {(rlim_t)limits[index], (rlim_t)limits[index]};
    if (setrlimit(kinds[index], &limit) != 0) return -1;
  }
  return 0;
}

/// The child: only calls that are safe between fork and exec.
static void vigil_job_child(
    const vigil_job_plan *plan, char **arguments, char **variables, int gate, int report,
    pid_t parent) {
  int failure[2] = {0, 0};
  setpgid(0, 0);
  // A job never runs without its shim.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  vigil_reset_signals();
  failure[0] = 3;
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(plan->output, 1) < 0 ||
      dup2(plan->error, 2) < 0)
    goto failed;
  failure[0] = 1;
  if (chdir(plan->directory) != 0) goto failed;
  char go;
  ssize_t count;
  do count = read(gate, &go, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1) _exit(127);
  failure[0] = 3;
  // All but the report, which closes itself at exec.
  int kept = dup2(report, 3) == 3 ? 3 : -1;
  if (kept < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0 || syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
    goto failed;
  report = 3;
  failure[0] = 2;
  if (vigil_apply_limits(plan->limits) != 0) goto failed;
  failure[0] = 4;
  environ = variables;
  execvp(arguments[0], arguments);
failed:
  failure[1] = errno;
  (void)!write(report, failure, sizeof failure);
  _exit(127);
}

int vigil_job_prepare(const vigil_job_plan *plan, vigil_job *job) {
  const uint8_t *cursor = plan->texts, *end = cursor + plan->text_byte_count;
  char **arguments = vigil_texts(&cursor, end, plan->argument_count);
  char **variables = arguments ? vigil_texts(&cursor, end, plan->variable_count) : NULL;
  int gate[2] = {-1, -1}, report[2] = {-1, -1};
  pid_t child = -1;
  if (variables && plan->argument_count > 0 && pipe2(gate, O_CLOEXEC) == 0 &&
      pipe2(report, O_CLOEXEC) == 0) {
    pid_t parent = getpid();
    child = fork();
    if (child == 0) {
      // With the other end open here, a shim that dies would leave the child at its gate for ever.
      close(gate[1]);
      vigil_job_child(plan, arguments, variables, gate[0], report[1], parent);
    }
  }
  int code = errno;
  free(arguments);
  free(variables);
  if (gate[0] >= 0) close(gate[0]);
  if (report[1] >= 0) close(report[1]);
  if (child < 0) {
    if (gate[1] >= 0) close(gate[1]);
    if (report[0] >= 0) close(report[0]);
    errno = code;
    return -1;
  }
  // Here as well as in the child: whoever is first, the group is there when it is first signalled.
  setpgid(child, child);
  *job = (vigil_job){child, gate[1], report[0]};
  return 0;
}

int vigil_job_release(vigil_job *job, int *stage) {
  int failure[2] = {0, 0};
  ssize_t count;
  // A child that failed before its gate has closed it; that SIGPIPE is ignored.
  do count = write(job->gate, "", 1);
  while (count < 0 && errno == EINTR);
  close(job->gate);
  do count = read(job->report, failure, sizeof failure);
  while (count < 0 && errno == EINTR);
  close(job->report);
  if (count != (ssize_t)sizeof failure) return 0;
  *stage = failure[0];
  return failure[1] ? failure[1] : EIO;
}

// MARK: Children

pid_t vigil_child_ended(void) {
  siginfo_t information;
  memset(&information, 0, sizeof information);
  if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0)
    return errno == ECHILD ? -1 : 0;
  return information.si_pid;
}

int vigil_child_reap(pid_t process, vigil_job_end *end) {
  int status;
  struct rusage usage;
  pid_t reaped;
  do reaped = wait4(process, &status, WNOHANG, &usage);
  while (reaped < 0 && errno == EINTR);
  if (reaped <= 0) return -1;
  *end = (vigil_job_end){
      .process = reaped,
      .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
      .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
      .cpu_microseconds =
          (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * (int64_t)1000000 +
          usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
      .max_rss_bytes = usage.ru_maxrss * (int64_t)1024,
  };
  return 0;
}

int vigil_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// MARK: Signals

int vigil_signal_descriptor(void) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int vigil_signal_next(int descriptor) {
  struct signalfd_siginfo information;
  ssize_t count = read(descriptor, &information, sizeof information);
  return count == (ssize_t)sizeof information ? (int)information.ssi_signo : 0;
}

int vigil_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int vigil_process_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

// MARK: Shims

pid_t vigil_shim_start(const char *program, const char *directory, int lock) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  int code = posix_spawnattr_init(&attributes);
  if (code != 0) {
    errno = code;
    return -1;
  }
  code = posix_spawn_file_actions_init(&actions);
  if (code != 0) {
    posix_spawnattr_destroy(&attributes);
    errno = code;
    return -1;
  }
  sigset_t defaults, blocked;
  sigfillset(&defaults);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  char *arguments[] = {(char *)program, (char *)directory, NULL};
  char *variables[] = {NULL};
  pid_t process = -1;
  if ((code = posix_spawn_file_actions_adddup2(&actions, lock, 3)) == 0 &&
      (code = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)) == 0 &&
      (code = posix_spawn_file_actions_adddup2(&actions, 0, 1)) == 0 &&
      (code = posix_spawn_file_actions_adddup2(&actions, 0, 2)) == 0 &&
      (code = posix_spawn_file_actions_addclosefrom_np(&actions, 4)) == 0)
    code = posix_spawn(&process, program, &actions, &attributes, arguments, variables);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code == 0) return process;
  errno = code;
  return -1;
}

// MARK: Descriptors and clocks

int vigil_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

void vigil_close_on_exec(int descriptor) { fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

uint32_t vigil_wait_readable(const int *descriptors, size_t count, int milliseconds) {
  struct pollfd polled[32];
  if (count > 32) count = 32;
  for (size_t index = 0; index < count; index++)
    polled[index] = (struct pollfd){.fd = descriptors[index], .events = POLLIN};
  if (poll(polled, count, milliseconds) <= 0) return 0;
  uint32_t ready = 0;
  for (size_t index = 0; index < count; index++)
    if (polled[index].revents) ready |= (uint32_t)1 << index;
  return ready;
}

static int64_t vigil_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * (int64_t)1000000 + now.tv_nsec / 1000;
}

int64_t vigil_clock_microseconds(void) { return vigil_clock(CLOCK_REALTIME); }
int64_t vigil_steady_microseconds(void) { return vigil_clock(CLOCK_MONOTONIC); }

int vigil_lock_try(int descriptor) {
  int outcome;
  do outcome = flock(descriptor, LOCK_EX | LOCK_NB);
  while (outcome != 0 && errno == EINTR);
  return outcome == 0;
}
