// The generation of the sealed state: one more with every commit.
let committed: u64 = 0;

export function committedGeneration(): u64 {
  return committed;
}

/** The generation that the running command will have, if it changes anything. */
export function nextGeneration(): u64 {
  return committed + 1;
}

export function setCommittedGeneration(generation: u64): void {
  committed = generation;
}
