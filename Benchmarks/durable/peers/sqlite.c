// sqlite DIRECTORY SECONDS RECORD-BYTES PRODUCERS: single-row commits, WAL, synchronous=FULL.
//
// Each producer is a thread with a connection of its own. Prints, tab-separated: sqlite, PRODUCERS,
// commits a second, median and 99th percentile of a producer's wait in microseconds.
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PRODUCERS_MAX = 1024, WAITS_MAX = 400000 };

static char path[4096];
static char *line;
static int byte_count;
static double deadline;

struct producer {
  pthread_t thread;
  double *waits;
  int count;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static sqlite3 *connect_database(void) {
  sqlite3 *database;
  if (sqlite3_open(path, &database) != SQLITE_OK) abort();
  sqlite3_busy_timeout(database, 60000);
  if (sqlite3_exec(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", 0, 0, 0) != 0)
    abort();
  return database;
}

static void *produce(void *context) {
  struct producer *self = context;
  sqlite3 *database = connect_database();
  sqlite3_stmt *insert;
  if (sqlite3_prepare_v2(database, "INSERT INTO entry(line) VALUES(?)", -1, &insert, NULL) != 0)
    abort();
  sqlite3_bind_text(insert, 1, line, byte_count, SQLITE_STATIC);
  double last = now();
  while (last < deadline && self->count < WAITS_MAX) {
    int result = sqlite3_step(insert);
    sqlite3_reset(insert);
    double end = now();
    if (result == SQLITE_DONE) self->waits[self->count++] = end - last;
    last = end;
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return NULL;
}

int main(int count, char **words) {
  if (count != 5)
    return fprintf(stderr, "usage: sqlite DIRECTORY SECONDS RECORD-BYTES PRODUCERS\n"), 2;
  int producers = atoi(words[4]);
  if (producers < 1 || producers > PRODUCERS_MAX) return 2;
  snprintf(path, sizeof path, "%s/sqlite-%d.db", words[1], producers);
  byte_count = atoi(words[3]);
  line = malloc((size_t)byte_count);
  memset(line, 'x', (size_t)byte_count);
  sqlite3 *database = connect_database();
  if (sqlite3_exec(database, "CREATE TABLE entry(id INTEGER PRIMARY KEY, line TEXT)", 0, 0, 0) != 0)
    return fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(database)), 1;
  double seconds = atof(words[2]);
  deadline = now() + seconds;
  static struct producer all[PRODUCERS_MAX];
  for (int i = 0; i < producers; i++) {
    all[i].waits = malloc(sizeof(double) * WAITS_MAX);
    pthread_create(&all[i].thread, NULL, produce, &all[i]);
  }
  static double waits[PRODUCERS_MAX * 100];
  size_t total = 0, kept = 0, room = sizeof waits / sizeof *waits;
  for (int i = 0; i < producers; i++) {
    pthread_join(all[i].thread, NULL);
    total += (size_t)all[i].count;
    for (int j = 0; j < all[i].count && kept < room; j++) waits[kept++] = all[i].waits[j];
  }
  sqlite3_close(database);
  qsort(waits, kept, sizeof *waits, compare);
  if (kept == 0) return 1;
  printf("sqlite\t%d\t%.0f\t%.0f\t%.0f\n", producers, (double)total / seconds,
         waits[kept / 2] * 1e6, waits[kept * 99 / 100] * 1e6);
  return 0;
}
