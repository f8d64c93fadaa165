export { KERNEL_REFUSALS, VseRefusal } from './status.ts';
export {
  type SealedStateStore,
  type Session,
  VirtualSecureElement,
  type VseHost,
} from './virtual-secure-element.ts';
