// The peer of verify: SHA-256 of every line of the files given, in a bare loop over libcrypto with one
// reused context a thread. No tree, no leaf files, no checkpoints, nothing parsed.
//
//   leaf-hashes THREADS FILE...      prints lines, bytes, wall and processor seconds
#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct part {
  const char *begin, *end;
  unsigned long lines;
  unsigned char mixed[32];
};

static void *work(void *argument) {
  struct part *part = argument;
  EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  unsigned char digest[32];
  for (const char *line = part->begin; line < part->end;) {
    const char *newline = memchr(line, '\n', (size_t)(part->end - line));
    if (!newline) break;
    EVP_DigestInit_ex2(context, algorithm, NULL);
    EVP_DigestUpdate(context, line, (size_t)(newline - line));
    EVP_DigestFinal_ex(context, digest, NULL);
    for (int byte = 0; byte < 32; byte++) part->mixed[byte] ^= digest[byte];
    part->lines++;
    line = newline + 1;
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(algorithm);
  return NULL;
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec * 1e-6; }

int main(int count, char **arguments) {
  int threads = count > 2 ? atoi(arguments[1]) : 0;
  if (threads < 1 || threads > 64) {
    fprintf(stderr, "usage: leaf-hashes THREADS FILE...\n");
    return 2;
  }
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  unsigned long lines = 0, bytes = 0;
  unsigned char mixed[32] = {0};
  for (int file = 2; file < count; file++) {
    int descriptor = open(arguments[file], O_RDONLY);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status)) return perror(arguments[file]), 1;
    size_t size = (size_t)status.st_size;
    if (!size) continue;
    char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0);
    if (map == MAP_FAILED) return perror(arguments[file]), 1;
    struct part parts[64] = {0};
    pthread_t handles[64];
    const char *from = map;
    for (int thread = 0; thread < threads; thread++) {
      const char *to = map + size / (size_t)threads * (size_t)(thread + 1);
      if (thread == threads - 1) to = map + size;
      const char *newline = to < from ? NULL : memchr(to, '\n', (size_t)(map + size - to));
      if (to < map + size && newline) to = newline + 1;
      parts[thread].begin = from;
      parts[thread].end = from = to < from ? from : to;
      if (pthread_create(&handles[thread], NULL, work, &parts[thread])) return 1;
    }
    for (int thread = 0; thread < threads; thread++) {
      pthread_join(handles[thread], NULL);
      lines += parts[thread].lines;
      for (int byte = 0; byte < 32; byte++) mixed[byte] ^= parts[thread].mixed[byte];
    }
    munmap(map, size);
    close(descriptor);
    bytes += size;
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("%lu lines %lu bytes %.2f s elapsed %.2f s of processor (%02x%02x)\n", lines, bytes,
         (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9,
         seconds(used.ru_utime) + seconds(used.ru_stime), mixed[0], mixed[1]);
  return 0;
}
