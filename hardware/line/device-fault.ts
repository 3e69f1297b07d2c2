import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { DeviceState } from '../contract.ts'
import { HardwareError, type HardwareErrorCode } from '../errors.ts'

/** What went wrong with a device: a value for people and programs. */
export interface DeviceFault {
  readonly state: Exclude<DeviceState['state'], 'ok'>
  /** `line-absent: /dev/ttyUSB0 is not there`: the code of the error, then its words. */
  readonly reason: string
  /** What makes two faults the same one. */
  readonly code: string
}

/** What a fault says of the device; all others are `failed`. */
const STATES: { readonly [C in HardwareErrorCode]?: DeviceFault['state'] } = {
  'line-absent': 'disconnected',
  'line-refused': 'disconnected',
  'line-lost': 'disconnected',
  'device-restarted': 'disconnected',
  'line-silent': 'silent',
  'line-garbled': 'bad-data',
  'line-overrun': 'bad-data',
  'meter-silent': 'silent',
  'meter-garbled': 'bad-data',
  'meter-mistaken': 'bad-data',
  'meter-implausible': 'bad-data',
  'camera-unreachable': 'disconnected',
  'camera-refused': 'disconnected',
  'camera-hung': 'disconnected',
  'camera-lost': 'disconnected',
  'camera-denied': 'bad-data',
  'camera-garbled': 'bad-data',
  'camera-busy': 'bad-data',
  'camera-faulted': 'bad-data',
  'camera-no-picture': 'bad-data',
}

/**
 * Makes a fault of whatever was thrown.
 * @throws InvariantError, as it is: our own bug is no fault of a device
 */
export function deviceFault(thrown: unknown): DeviceFault {
  if (thrown instanceof InvariantError) throw thrown
  const code = thrown instanceof HardwareError ? thrown.code : 'unexpected'
  const words = thrown instanceof Error ? thrown.message : String(thrown)
  const state = (thrown instanceof HardwareError && STATES[thrown.code]) || 'failed'
  return { state, reason: `${code}: ${words}`, code }
}
