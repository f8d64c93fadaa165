/**
 * ISO 8583:1987 messages: the dialect as a table; pack, unpack, validate, describe; framing for a stream.
 * Pure: bytes and values in and out, no sockets, no clock. `docs/iso8583.md` is the dialect in words.
 */
export {
  AMOUNT_MINOR_MAX,
  decodeAmount,
  decodeFee,
  encodeAmount,
  encodeFee,
  type Fee,
} from './amounts.ts';
export { type DescribedField, type DescribedMessage, describe, describeText } from './describe.ts';
export {
  FIELD_NUMBER_MAX,
  FIELD_TABLE,
  type FieldNumber,
  type FieldRow,
  type Fields,
  type Format,
  isFieldNumber,
  type Layout,
  type MutableFields,
  type Show,
  type Size,
} from './fields.ts';
export {
  type DecodedFrames,
  encodeFrame,
  FRAME_REASONS,
  FrameDecoder,
  type FrameReason,
  type FrameRefusal,
  LENGTH_BYTES,
  MESSAGE_BYTES_MAX,
} from './framing.ts';
export { describeIccData, type IccLine } from './icc-data.ts';
export { maskAccount, maskPan } from './mask.ts';
export {
  explainRefusal,
  type Message,
  PACK_REASONS,
  type PackReason,
  type Refusal,
  UNPACK_REASONS,
  type UnpackReason,
} from './message.ts';
export {
  type AskingMti,
  describeMti,
  isMti,
  type MessageClass,
  type MessageKind,
  MTI_TABLE,
  type Mti,
  type MtiDescription,
  type MtiRow,
  type ResponseMti,
  responseMti,
  withoutRepeat,
} from './mti.ts';
export {
  decodeOriginalData,
  encodeOriginalData,
  type OriginalData,
  sameInstitution,
} from './original-data.ts';
export { type Packed, pack } from './pack.ts';
export { LONGEST_MESSAGE_BYTES } from './plan.ts';
export {
  carries,
  NEEDS,
  PRESENCE_COLUMNS,
  PRESENCE_GRID,
  PRESENCE_REASONS,
  type PresenceError,
  type PresenceReason,
  type Validated,
  validate,
} from './presence.ts';
export {
  decodeReplacementAmounts,
  encodeReplacementAmounts,
  type ReplacementAmounts,
} from './replacement-amounts.ts';
export { ECHOED, formatErrorReply, isQuestion, type Question, respond } from './reply.ts';
export {
  APPROVED,
  FORMAT_ERROR,
  isApproval,
  RESPONSE_CODE_TABLE,
  type ResponseAction,
  type ResponseCode,
  type ResponseCodeRow,
  responseCodeName,
} from './response-codes.ts';
export { type PartialMessage, type Unpacked, unpack } from './unpack.ts';
