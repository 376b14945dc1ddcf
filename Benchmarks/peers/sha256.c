// The floor under verifying: SHA-256 of the entries of a journal's plain segments, a context reused, in
// two threads over mapped files, and nothing else. Prints entries, bytes and seconds.
//
//   sha256 THREADS SEGMENT...
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char **paths;
static int path_count, thread_count;
static size_t entries[16], bytes[16];

static void *work(void *argument) {
  long number = (long)argument;
  EVP_MD *method = EVP_MD_fetch(NULL, "SHA256", NULL);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  unsigned char hash[32];
  unsigned length;
  for (int index = number; index < path_count; index += thread_count) {
    int file = open(paths[index], O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) continue;
    const char *start = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    for (const char *line = start, *end = start + status.st_size; line < end;) {
      const char *newline = memchr(line, '\n', end - line);
      if (!newline) newline = end;
      EVP_DigestInit_ex(context, method, NULL);
      EVP_DigestUpdate(context, "", 1);
      EVP_DigestUpdate(context, line, newline - line);
      EVP_DigestFinal_ex(context, hash, &length);
      entries[number]++;
      bytes[number] += newline - line;
      line = newline + 1;
    }
    munmap((void *)start, status.st_size);
    close(file);
  }
  return NULL;
}

int main(int count, char **words) {
  if (count < 3) return 2;
  thread_count = atoi(words[1]);
  if (thread_count < 1 || thread_count > 16) return 2;
  paths = words + 2;
  path_count = count - 2;
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  pthread_t threads[16];
  for (long number = 0; number < thread_count; number++) pthread_create(&threads[number], NULL, work, (void *)number);
  size_t all = 0, total = 0;
  for (int number = 0; number < thread_count; number++) {
    pthread_join(threads[number], NULL);
    all += entries[number];
    total += bytes[number];
  }
  clock_gettime(CLOCK_MONOTONIC, &after);
  double seconds = after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) * 1e-9;
  printf("{\"entries\":%zu,\"bytes\":%zu,\"seconds\":%.4f}\n", all, total, seconds);
}
