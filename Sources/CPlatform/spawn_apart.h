#ifndef VIGIL_SPAWN_APART_H
#define VIGIL_SPAWN_APART_H

#include <spawn.h>

/// Sets attributes for a child with a process group of its own, no signal blocked, and every signal as it
/// is by default. Returns 0 or an error number.
int vigil_spawn_apart_set(posix_spawnattr_t *attributes);

#endif
