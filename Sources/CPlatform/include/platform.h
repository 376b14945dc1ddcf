// What Glibc's Swift module leaves out: variadic calls and feature-gated constants.
#ifndef VIGIL_PLATFORM_H
#define VIGIL_PLATFORM_H

#include <stdint.h>
#include <sys/types.h>

#include "alert_sinks.h"
#include "byte_scan.h"
#include "json_blocks.h"
#include "local_socket.h"
#include "tcp_socket.h"
#include "process.h"
#include "secret_scan.h"

/// Columns of the terminal behind `descriptor`, or 0 when it is none.
int vigil_terminal_columns(int descriptor);

/// open(2) with O_CLOEXEC added; `mode` counts only with O_CREAT. Returns -1 and sets errno.
int vigil_open(const char *path, int flags, mode_t mode);

/// openat(2) with O_CLOEXEC added; `mode` counts only with O_CREAT. Returns -1 and sets errno.
int vigil_openat(int directory, const char *path, int flags, mode_t mode);

/// pipe2(2) with O_CLOEXEC: reading end, writing end. Returns -1 and sets errno.
int vigil_blocking_pipe(int ends[2]);

/// Starts a program that writes to `output` and nowhere else: a process group of its own, no signal
/// blocked and every one as by default, /dev/null as its input and for its errors. Both lists end with
/// null. Returns 0, or an errno.
int vigil_spawn_apart(
    const char *path, char *const words[], char *const environment[], int output, pid_t *process);

/// flock(2) with LOCK_EX | LOCK_NB. Returns -1 and sets errno.
int vigil_lock_exclusive(int descriptor);

/// sync_file_range(2) with SYNC_FILE_RANGE_WRITE: starts writing back, waits for nothing.
void vigil_begin_writing(int descriptor, off_t offset, off_t count);

/// From now on SIGINT and SIGTERM set a flag instead of ending the process; unblocks both.
void vigil_install_stop_signal(void);

/// Whether one of them came.
int vigil_stop_was_requested(void);

/// Sleeps; ends early when a signal comes.
void vigil_sleep_milliseconds(int milliseconds);

#endif
