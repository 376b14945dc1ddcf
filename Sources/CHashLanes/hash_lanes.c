#include "hash_lanes.h"

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>

#include <stdlib.h>

struct vigil_hash_lanes {
  IMB_MGR *manager;
  // Chaining values of HMAC after the inner and the outer key block.
  uint8_t inner[32] __attribute__((aligned(16)));
  uint8_t outer[32] __attribute__((aligned(16)));
};

vigil_hash_lanes *vigil_hash_lanes_new(void) {
  vigil_hash_lanes *lanes = aligned_alloc(16, (sizeof *lanes + 15) / 16 * 16);
  if (!lanes) return NULL;
  lanes->manager = alloc_mb_mgr(0);
  if (lanes->manager) init_mb_mgr_auto(lanes->manager, NULL);
  if (lanes->manager && imb_get_errno(lanes->manager) == 0) return lanes;
  vigil_hash_lanes_free(lanes);
  return NULL;
}

void vigil_hash_lanes_free(vigil_hash_lanes *lanes) {
  if (lanes->manager) free_mb_mgr(lanes->manager);
  free(lanes);
}

void vigil_hash_lanes_set_key(vigil_hash_lanes *lanes, const uint8_t *key, size_t count) {
  uint8_t inner[64], outer[64];
  for (size_t index = 0; index < 64; index++) {
    uint8_t byte = index < count ? key[index] : 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5C;
  }
  IMB_SHA256_ONE_BLOCK(lanes->manager, inner, lanes->inner);
  IMB_SHA256_ONE_BLOCK(lanes->manager, outer, lanes->outer);
}

static size_t vigil_done(const IMB_JOB *job) { return job->status == IMB_STATUS_COMPLETED; }

static size_t vigil_run(
    vigil_hash_lanes *lanes, IMB_HASH_ALG algorithm, const uint8_t *bytes, const uint32_t *starts,
    const uint32_t *ends, size_t count, uint8_t *digests) {
  IMB_MGR *manager = lanes->manager;
  size_t done = 0;
  IMB_JOB *job;
  for (size_t index = 0; index < count; index++) {
    job = IMB_GET_NEXT_JOB(manager);
    job->hash_alg = algorithm;
    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->src = bytes + starts[index];
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = ends[index] - starts[index];
    job->auth_tag_output = digests + 32 * index;
    job->auth_tag_output_len_in_bytes = 32;
    job->u.HMAC._hashed_auth_key_xor_ipad = lanes->inner;
    job->u.HMAC._hashed_auth_key_xor_opad = lanes->outer;
    for (job = IMB_SUBMIT_JOB(manager); job; job = IMB_GET_COMPLETED_JOB(manager))
      done += vigil_done(job);
  }
  while ((job = IMB_FLUSH_JOB(manager)) != NULL) done += vigil_done(job);
  return done;
}

size_t vigil_hash_lanes_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *digests) {
  return vigil_run(lanes, IMB_AUTH_SHA_256, bytes, starts, ends, count, digests);
}

size_t vigil_hash_lanes_hmac_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *codes) {
  return vigil_run(lanes, IMB_AUTH_HMAC_SHA_256, bytes, starts, ends, count, codes);
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

void vigil_hash_lanes_set_key(vigil_hash_lanes *lanes, const uint8_t *key, size_t count) {
  (void)lanes, (void)key, (void)count;
}

size_t vigil_hash_lanes_hmac_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *codes) {
  (void)lanes, (void)bytes, (void)starts, (void)ends, (void)count, (void)codes;
  return 0;
}

#endif
