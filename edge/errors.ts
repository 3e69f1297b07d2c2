import { CodedError } from '@minewarden/protocol/errors.ts'

/** Codes of this package, each with what it means; `docs/errors.md` lists exactly these. */
export const EDGE_ERRORS = {
  'config-invalid': 'The gateway configuration does not fit its schema; the message names every field',
  'data-unusable': 'The data folder cannot be made',
  'spool-unusable': 'The spool file cannot be opened or written',
  'uplink-lost': 'There is no MQTT connection, or it ended before the server confirmed',
  'uplink-refused': 'The MQTT server refused a subscription or a credential file cannot be read',
  'picture-unreadable': 'A camera answered a picture that is damaged or no JPEG',
  'picture-too-large': 'A camera answered a picture of more bytes or pixels than are decoded',
  'picture-queue-full': 'More pictures arrive than can be decoded one after another; this one was left out',
} as const
export type EdgeErrorCode = keyof typeof EDGE_ERRORS

export class EdgeError extends CodedError<EdgeErrorCode> {
  override readonly name = 'EdgeError'
}
