// Ed25519 (RFC 8032) over a domain string and the bytes: what docs/layouts.md calls a signature.
import { ed25519Sign, ed25519Verify } from '../crypto/ed25519';
import { ascii } from './ascii';

/** Room that every signed buffer leaves in front of itself for the domain string. */
export const DOMAIN_ROOM: usize = 64;

/**
 * `body` must have DOMAIN_ROOM writable bytes before it: the domain string is laid directly in front of it, so that
 * domain and body are signed as one message without a copy. The bytes in front are overwritten.
 */
function withDomain(domain: string, body: usize): usize {
  const start = body - <usize>domain.length;
  ascii(start, domain);
  return start;
}

export function signWithDomain(
  domain: string,
  body: usize,
  len: i32,
  seed: usize,
  publicKey: usize,
  signature: usize,
): void {
  const start = withDomain(domain, body);
  ed25519Sign(signature, seed, publicKey, start, len + domain.length);
}

/** The signature stands directly behind the body. */
export function verifyWithDomain(domain: string, body: usize, len: i32, publicKey: usize): i32 {
  const start = withDomain(domain, body);
  return ed25519Verify(body + <usize>len, publicKey, start, len + domain.length);
}
