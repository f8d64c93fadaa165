/* The same cryptograms by OpenSSL's C library, key schedule included: what the machine can do without a boundary.
 * Usage: arqc-openssl open|tdes KEY-HEX INPUT-HEX COUNT   prints the MAC and the nanoseconds of one, on a line.
 * The low-level calls are the shortest way there is; DES_* reads tables by secret indices. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/cmac.h>
#include <openssl/des.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t from_hex(const char *hex, unsigned char *out, size_t room) {
  size_t n = strlen(hex) / 2;
  if (n > room) exit(2);
  for (size_t i = 0; i < n; i++) {
    unsigned byte;
    if (sscanf(hex + 2 * i, "%2x", &byte) != 1) exit(2);
    out[i] = (unsigned char)byte;
  }
  return n;
}

/* ISO/IEC 9797-1 MAC algorithm 3 over an input that is padded already. */
static void retail_mac(const unsigned char *key, const unsigned char *input, size_t len, unsigned char *mac) {
  DES_key_schedule k1, k2;
  DES_cblock chain = {0};
  DES_set_key_unchecked((const_DES_cblock *)key, &k1);
  DES_set_key_unchecked((const_DES_cblock *)(key + 8), &k2);
  for (size_t i = 0; i < len; i += 8) {
    for (int j = 0; j < 8; j++) chain[j] ^= input[i + j];
    DES_ecb_encrypt(&chain, &chain, &k1, DES_ENCRYPT);
  }
  DES_ecb_encrypt(&chain, &chain, &k2, DES_DECRYPT);
  DES_ecb_encrypt(&chain, &chain, &k1, DES_ENCRYPT);
  memcpy(mac, chain, 8);
}

int main(int argc, char **argv) {
  unsigned char key[16], input[256] = {0}, mac[16] = {0};
  if (argc != 5 || from_hex(argv[2], key, sizeof key) != 16) return 2;
  size_t len = from_hex(argv[3], input, sizeof input - 8);
  long count = atol(argv[4]);
  int tdes = strcmp(argv[1], "tdes") == 0;
  size_t padded = (len / 8 + 1) * 8, tag;
  CMAC_CTX *cmac = CMAC_CTX_new();
  struct timespec start, end;
  if (tdes) input[len] = 0x80;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long i = 0; i < count; i++) {
    if (tdes) {
      retail_mac(key, input, padded, mac);
    } else if (!CMAC_Init(cmac, key, 16, EVP_aes_128_cbc(), NULL) || !CMAC_Update(cmac, input, len) ||
               !CMAC_Final(cmac, mac, &tag)) {
      return 1;
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  CMAC_CTX_free(cmac);
  for (int i = 0; i < 8; i++) printf("%02X", mac[i]);
  double ns = (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec);
  printf(" %.1f\n", ns / count);
  return 0;
}
