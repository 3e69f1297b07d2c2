import { CodedError } from '@minewarden/protocol/errors.ts'

/** Codes of this package, each with what it means; `docs/errors.md` lists exactly these. */
export const CLI_ERRORS = {
  'config-invalid': 'The configuration of the feeder simulator does not fit its schema; the message names every field',
  'data-unusable': 'The data folder of the demo cannot be written, or another demo runs on it',
  'file-unusable': 'A file that was named cannot be read or written, or is not what was asked for',
  'port-busy': 'The port that was asked for cannot be listened on; mostly another program does',
  'recordings-missing': 'The folder holds no recording, or not the gateway that was asked for',
  'process-ended': 'A part of the demo ended by itself; the message shows the end of its log',
} as const
export type CliErrorCode = keyof typeof CLI_ERRORS

export class CliError extends CodedError<CliErrorCode> {
  override readonly name = 'CliError'
}
