// The modes of AES that the kernel uses, in one place to import from.

export {
  CMAC_STATE_SIZE,
  cmac,
  cmacFinal,
  cmacInit,
  cmacRestart,
  cmacTag,
  cmacUpdate,
  cmacWithContext,
} from './cmac';
export { GCM_TAG, gcmOpen, gcmSeal } from './gcm';
export { SIV_TAG, sivOpen, sivSeal } from './siv';
