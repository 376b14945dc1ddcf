#include "hash_lanes.h"

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>

struct vigil_hash_lanes {
  IMB_MGR manager;
};

vigil_hash_lanes *vigil_hash_lanes_new(void) {
  IMB_MGR *manager = alloc_mb_mgr(0);
  if (!manager) return NULL;
  init_mb_mgr_auto(manager, NULL);
  if (imb_get_errno(manager) != 0) {
    free_mb_mgr(manager);
    return NULL;
  }
  return (vigil_hash_lanes *)manager;
}

void vigil_hash_lanes_free(vigil_hash_lanes *lanes) { free_mb_mgr(&lanes->manager); }

static size_t vigil_done(const IMB_JOB *job) { return job->status == IMB_STATUS_COMPLETED; }

size_t vigil_hash_lanes_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *digests) {
  IMB_MGR *manager = &lanes->manager;
  size_t done = 0;
  IMB_JOB *job;
  for (size_t index = 0; index < count; index++) {
    job = IMB_GET_NEXT_JOB(manager);
    job->hash_alg = IMB_AUTH_SHA_256;
    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->src = bytes + starts[index];
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = ends[index] - starts[index];
    job->auth_tag_output = digests + 32 * index;
    job->auth_tag_output_len_in_bytes = 32;
    for (job = IMB_SUBMIT_JOB(manager); job; job = IMB_GET_COMPLETED_JOB(manager))
      done += vigil_done(job);
  }
  while ((job = IMB_FLUSH_JOB(manager)) != NULL) done += vigil_done(job);
  return done;
}

#else

vigil_hash_lanes *vigil_hash_lanes_new(void) { return NULL; }

void vigil_hash_lanes_free(vigil_hash_lanes *lanes) { (void)lanes; }

size_t vigil_hash_lanes_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *digests) {
  (void)lanes, (void)bytes, (void)starts, (void)ends, (void)count, (void)digests;
  return 0;
}

#endif
