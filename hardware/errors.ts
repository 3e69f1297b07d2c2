import { CodedError } from '@minewarden/protocol/errors.ts'

/** Codes of this package, each with what it means; `docs/errors.md` lists exactly these. */
export const HARDWARE_ERRORS = {
  'recording-unreadable': 'A recording whose folder, file or field cannot be read; the message names file and field',
  'miniseed-malformed': 'Bytes that are not a miniSEED 2 record that we can read',
  'feeder-unreachable': 'The feeder simulator does not answer',
  'feeder-refused': 'The feeder simulator refused a request; the message begins with its reason',
  'feeder-state-unreadable':
    'The file of feeder positions is there but cannot be read; the message names file and field',
  'line-unopened': 'A serial port or a connection to a device cannot be opened; the message names it',
  'line-lost': 'An open line to a device broke, or its device fell silent',
} as const
export type HardwareErrorCode = keyof typeof HARDWARE_ERRORS

export class HardwareError extends CodedError<HardwareErrorCode> {
  override readonly name = 'HardwareError'
}
