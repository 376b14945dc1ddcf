// Processes: what Glibc's module leaves out, and what must be C since it runs between fork and exec.
#ifndef VIGIL_PROCESS_H
#define VIGIL_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a job is started with. Texts follow one another, each ended by a zero: arguments first, then
/// `NAME=value`.
typedef struct {
  const uint8_t *texts;
  size_t text_byte_count;
  size_t argument_count;
  size_t variable_count;
  /// Where it is to run.
  const char *directory;
  /// CPU seconds, address space, open files, processes, file size; negative for no limit of ours.
  int64_t limits[5];
  /// Its standard output and standard error.
  int output;
  int error;
} vigil_job_plan;

/// A job between fork and exec, or behind it.
typedef struct {
  pid_t process;
  /// Closing it without a byte ends the child before it runs anything.
  int gate;
  /// Says what failed before exec; ends at exec.
  int report;
} vigil_job;

/// What a process came to and used, its waited-for children included.
typedef struct {
  pid_t process;
  /// Exit status; -1 when a signal ended it.
  int exit_code;
  /// 0 when it exited.
  int signal;
  int64_t cpu_microseconds;
  int64_t max_rss_bytes;
} vigil_job_end;

/// Forks the job into a process group of its own; it waits at its gate. Returns -1 and sets errno.
int vigil_job_prepare(const vigil_job_plan *plan, vigil_job *job);

/// Lets it go on and waits until it is the job's own program. Returns 0; or the errno of what failed,
/// `stage` then being 1 directory, 2 limit, 3 descriptors, 4 exec.
int vigil_job_release(vigil_job *job, int *stage);

/// Whether a child has ended and waits to be reaped: its process id, 0 for none, -1 without children.
pid_t vigil_child_ended(void);

/// Reaps a child that has ended. Returns -1 and sets errno.
int vigil_child_reap(pid_t process, vigil_job_end *end);

/// Makes orphans below this process its children (PR_SET_CHILD_SUBREAPER). Returns -1 and sets errno.
int vigil_become_subreaper(void);

/// A descriptor that is readable when SIGTERM, SIGINT or SIGCHLD came; they are blocked from then on.
/// SIGPIPE is ignored. Returns -1 and sets errno.
int vigil_signal_descriptor(void);

/// The next signal that came; 0 for none.
int vigil_signal_next(int descriptor);

/// pidfd_open(2). Returns -1 and sets errno.
int vigil_process_descriptor(pid_t process);

/// pidfd_send_signal(2). Returns -1 and sets errno.
int vigil_process_signal(int descriptor, int signal);

/// Starts a shim: a session of its own, TERM and INT blocked, nothing open but /dev/null and, as 3,
/// `lock`. Returns its process id, or -1 and sets errno.
pid_t vigil_shim_start(const char *program, const char *directory, int lock);

/// A pipe whose ends do not survive exec, and whose reading end does not block. Returns -1 and sets errno.
int vigil_pipe(int ends[2]);

/// Marks a descriptor so that it does not survive exec.
void vigil_close_on_exec(int descriptor);

/// Waits until one of the descriptors is readable or has ended: a bit each, at most 32, negative ones
/// passed over. 0 when the time is over or a signal came.
uint32_t vigil_wait_readable(const int *descriptors, size_t count, int milliseconds);

/// Microseconds since 1970, and since some instant that never steps back.
int64_t vigil_clock_microseconds(void);
int64_t vigil_steady_microseconds(void);

/// flock(2), waiting for nobody: 1 when `descriptor` has it now, 0 when another has.
int vigil_lock_try(int descriptor);

#endif
