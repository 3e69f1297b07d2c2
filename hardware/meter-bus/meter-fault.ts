import type { DeviceFault } from '../line/device-fault.ts'
import type { Failure } from './question.ts'

/** What the failure of a meter is called: its code from the table of errors, then words for a technician. */
export function meterFault(failure: Failure, address: string, question: string): DeviceFault {
  switch (failure.kind) {
    case 'silent':
      return fault('silent', 'meter-silent', `no answer from ${address}: address, A and B, supply of the meter`)
    case 'other-address':
      return fault('bad-data', 'meter-mistaken', `${address} is asked and ${failure.address} answers`)
    case 'garbled':
      return fault(
        'bad-data',
        'meter-garbled',
        `answers of ${address} come damaged: speed, parity, ground, termination`,
      )
    case 'nonsense':
      return fault('bad-data', 'meter-implausible', `${address}: ${failure.reason}`)
    case 'old-protocol':
      return fault(
        'failed',
        'meter-outdated',
        `${address} speaks DL/T 645-1997, which is not read: another meter is needed`,
      )
    case 'refused':
      return fault('failed', 'meter-refused', `${address} refuses ${failure.reason || question}`)
  }
}

const fault = (state: DeviceFault['state'], code: string, words: string): DeviceFault => ({
  state,
  reason: `${code}: ${words}`,
  code,
})
