import { CodedError } from '@minewarden/protocol/errors.ts'

/** Codes of this package, each with its HTTP status and what it means; `docs/errors.md` lists exactly these. */
export const UTILITY_ERRORS = {
  'config-invalid': [500, 'The configuration does not fit its schema; the message names every field'],
  'data-unusable': [500, 'The database cannot be made, opened or written'],
  'port-busy': [500, 'The address of the server cannot be listened on; mostly another program does'],
  'order-malformed': [400, 'A body that is not a signed order, or whose document does not fit its schema'],
  'order-signature': [401, 'The signature does not verify against the published keys of the issuer'],
  'order-expired': [410, 'The order is past its time, or issued in the future'],
  'order-replayed': [409, 'The order, or its number, was received before with other content'],
  'order-unapproved': [403, 'The approvals in the order are not two of this document, by two departments, one a head'],
  'order-not-mine': [404, 'The order is for another supplier, or names a supply point that is not of this one'],
  'order-unsafe': [422, 'A supply point that may not be cut: load class, residents or life-safety loads'],
  'order-withdrawn': [410, 'The order was withdrawn before it arrived'],
  'issuer-unreachable': [503, 'The keys of the issuer cannot be fetched; send the order again later'],
  'body-too-large': [413, 'A body longer than a signed order can be'],
  'not-found': [404, 'No such page'],
  internal: [500, 'Our own failure; the log has the cause'],
} as const satisfies Record<string, readonly [number, string]>
export type UtilityErrorCode = keyof typeof UTILITY_ERRORS

export class UtilityError extends CodedError<UtilityErrorCode> {
  override readonly name = 'UtilityError'
}
