// The kernel with this trusted application compiled in: the module that ships until packages are interpreted (docs/decisions).
import { registerTrustedApp } from '../../../packages/vse/assembly/kernel/trusted-apps';
import { TA_InvokeCommandEntryPoint } from './index';

/** 7A5B1E60-5EA1-4C01-8001-544150534541 */
const UUID: usize = memory.data<u8>([
  0x7a, 0x5b, 0x1e, 0x60, 0x5e, 0xa1, 0x4c, 0x01, 0x80, 0x01, 0x54, 0x41, 0x50, 0x53, 0x45, 0x41,
]);

registerTrustedApp(UUID, TA_InvokeCommandEntryPoint);

export {
  abi,
  command,
  commit,
  get,
  put,
  put32,
  resume,
  state,
} from '../../../packages/vse/assembly/kernel/boundary';
