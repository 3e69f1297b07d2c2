import { CodedError } from '@minewarden/protocol/errors.ts'

/** Codes of this package, each with what it means; `docs/errors.md` lists exactly these. */
export const HARDWARE_ERRORS = {
  'recording-unreadable': 'A recording whose folder, file or field cannot be read; the message names file and field',
  'miniseed-malformed': 'Bytes that are not a miniSEED 2 record that we can read',
  'feeder-unreachable': 'The feeder simulator does not answer',
  'feeder-refused': 'The feeder simulator refused a request; the message begins with its reason',
  'feeder-state-unreadable':
    'The file of feeder positions is there but cannot be read; the message names file and field',
  'line-absent': 'No port is there that could be the device, or its host is not found',
  'line-forbidden': 'A port is there but this user may not open it (group dialout)',
  'line-busy': 'A port is held by another program, or by another driver of this gateway',
  'line-refused': 'The host of a device answers, but nobody listens at that port',
  'line-unopened':
    'A serial port or a connection to a device cannot be opened for another reason; the message names it',
  'line-lost': 'An open line to a device broke: unplugged, closed by the other side, or an input/output error',
  'line-silent': 'An open line on which nothing at all arrives any more',
  'line-garbled':
    'An open line on which bytes arrive that nobody understands: another baud rate, another device, noise',
  'line-overrun': 'Bytes or measurements that nobody took in time were dropped, oldest first; the message counts them',
  'device-restarted': 'A device began anew in the midst of a conversation',
  'device-mistaken': 'Another device answers than the one that is configured',
  'device-refused': 'A device refused a command, or did not confirm it',
  'secret-unreadable': 'A file with the password of a device cannot be read or is empty',
  'meter-silent':
    'A meter on a line that is open does not answer: its address, baud rate, parity, A and B, or its supply',
  'meter-garbled': 'An answer of a meter came damaged, broken off, or in noise; the message says which',
  'meter-mistaken': 'Where a meter was asked another one answered, or the answer was to an earlier question',
  'meter-refused': 'A meter refused a question or a command to its breaker; the message names the reason',
  'meter-implausible':
    'A meter answered a number that is none or cannot be true: another profile, word order or scale, or damage; it was not used',
  'meter-outdated': 'A meter speaks DL/T 645-1997, which is not read: another meter is needed',
  'camera-unreachable': "No connection to a camera's address: its supply, its cable, its address",
  'camera-refused': 'The host of a camera is there, but nobody listens at that port: another port, or it is restarting',
  'camera-hung': 'A camera takes a connection and does not answer in time',
  'camera-lost': 'A camera ended a connection in the midst of an answer',
  'camera-denied': 'A camera refuses the user or the password, or asks for the password in clear',
  'camera-garbled':
    'What answers at the address of a camera does not speak the protocol, or its answer is damaged or too long',
  'camera-busy': 'A camera says that it cannot answer at the moment, or that too many are asking',
  'camera-faulted': 'A camera refuses a question with a reason of its own; the message names it',
  'camera-no-picture': 'A camera gives no still picture, or one that is none; the message says which',
  'firmware-unreadable':
    'Firmware for a simulated board that is not Intel HEX of an ATmega328P; the message names the line',
} as const
export type HardwareErrorCode = keyof typeof HARDWARE_ERRORS

export class HardwareError extends CodedError<HardwareErrorCode> {
  override readonly name = 'HardwareError'
}
