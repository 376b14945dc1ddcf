// bare DIRECTORY SECONDS RECORD-BYTES GROUP: the least that a durable append can cost.
//
// Appends GROUP records with one write, then fdatasync, again and again, to a growing file. Prints,
// tab-separated: bare, GROUP, records a second, median and 99th percentile of a sync in microseconds.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAITS_MAX = 4000000 };
static double waits[WAITS_MAX];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int count, char **words) {
  if (count != 5) return fprintf(stderr, "usage: bare DIRECTORY SECONDS RECORD-BYTES GROUP\n"), 2;
  char path[4096];
  snprintf(path, sizeof path, "%s/bare.log", words[1]);
  double seconds = atof(words[2]);
  size_t group = strtoul(words[4], NULL, 10), bytes = strtoul(words[3], NULL, 10) * group;
  char *line = malloc(bytes);
  int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (line == NULL || file < 0) return perror(path), 1;
  memset(line, 'x', bytes);
  int done = 0;
  double start = now(), last = start;
  while (last - start < seconds && done < WAITS_MAX) {
    if (write(file, line, bytes) != (ssize_t)bytes || fdatasync(file) != 0) return perror(path), 1;
    double end = now();
    waits[done++] = end - last;
    last = end;
  }
  qsort(waits, (size_t)done, sizeof *waits, compare);
  printf("bare\t%zu\t%.0f\t%.0f\t%.0f\n", group, (double)done * (double)group / (last - start),
         waits[done / 2] * 1e6, waits[done * 99 / 100] * 1e6);
  return unlink(path);
}
