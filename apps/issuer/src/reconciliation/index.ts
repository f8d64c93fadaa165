// What the HTTP routes and the bundle queue call.
export {
  acceptLog,
  type LogAccepted,
  type LogRefusal,
  type LogUpload,
  type UploadFinding,
} from './accept-log.ts';
export { type ReconciliationResult, type ReconciliationRow, reconcile } from './reconcile.ts';
export { reconcileToken, type TokenReconciliation } from './token.ts';
