import { HardwareError } from '../errors.ts'
import type { Flaw } from './answer.ts'

/** @see Modbus Application Protocol V1.1b3, 7 */
const EXCEPTIONS: { readonly [code: number]: string } = {
  1: 'illegal function: it does not know function 3 or 4; try the other one',
  2: 'illegal data address: it has no such registers',
  3: 'illegal data value: it does not give so many registers at once',
  4: 'device failure',
  5: 'acknowledge: it needs more time',
  6: 'busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target does not answer: the meter behind the gateway is silent',
}
/** The gateway says of its meter what we would say of one on our own line. */
const TARGET_SILENT = 11
const UNKNOWN_ADDRESS = 2
const UNKNOWN_COUNT = 3

/** Whether the meter has not these registers, or not all at once: others may be asked for. */
export const isAboutRegisters = (code: number): boolean => code === UNKNOWN_ADDRESS || code === UNKNOWN_COUNT

/** What the refusal of a meter means. @param what was asked for: `registers 0x2006 to 0x201b` */
export function refusal(unit: number, code: number, what: string): HardwareError {
  const words = EXCEPTIONS[code] ?? 'a code that the protocol does not know'
  const name = code === TARGET_SILENT ? 'meter-silent' : 'meter-refused'
  return new HardwareError(name, `unit ${unit} refused ${what} with exception ${code}, ${words}`)
}

/** What it means that no answer came. */
export function missingAnswer(unit: number, flaw: Flaw): HardwareError {
  switch (flaw.kind) {
    case 'silent':
      return new HardwareError('meter-silent', `unit ${unit} does not answer`)
    case 'other-unit':
      return new HardwareError('meter-mistaken', `unit ${unit} was asked, unit ${flaw.unit} answered`)
    case 'other-answer':
      return new HardwareError('meter-mistaken', `unit ${unit} answered another question, an earlier one perhaps`)
    case 'check-sum':
      return new HardwareError('meter-garbled', `the answer of unit ${unit} has a wrong check sum`)
    case 'broken-off':
      return new HardwareError('meter-garbled', `the answer of unit ${unit} broke off`)
    case 'noise':
      return new HardwareError('meter-garbled', `unit ${unit} was asked, ${flaw.bytes} bytes came that are no answer`)
    case 'flood':
      return new HardwareError('meter-garbled', `unit ${unit} could not be asked: bytes come without end`)
  }
}
