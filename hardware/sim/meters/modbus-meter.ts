/** A simulated meter of Modbus RTU with the registers of an Eastron SDM630. */
import type { Millis } from '@minewarden/protocol/time.ts'
import { crc16 } from '../../modbus/rtu-frame.ts'
import type { BusDevice, Reply } from './bus.ts'
import { type MeterTruth, noFaults } from './model.ts'

export interface SimulatedModbusMeterOptions {
  readonly unit: number
  readonly truth: (now: Millis) => MeterTruth
  readonly delayMs: () => Millis
}

/** How it misbehaves; all may be changed while it runs. `answersAs`: a unit; `refusesWith`: a code of exception. */
export interface ModbusMeterFaults {
  isDead: boolean
  lateMs: Millis
  answersAs: number | null
  refusesWith: number | null
}

const READ_INPUT = 4
const REQUEST_BYTES = 8
const REGISTERS = 0x4a
const UNKNOWN_ADDRESS = 2

export class SimulatedModbusMeter implements BusDevice {
  readonly faults: ModbusMeterFaults = { ...noFaults(), answersAs: null }
  readonly #options: SimulatedModbusMeterOptions

  constructor(options: SimulatedModbusMeterOptions) {
    this.#options = options
  }

  hear(bytes: Uint8Array, now: Millis): readonly Reply[] {
    const { unit, truth, delayMs } = this.#options
    const { isDead, lateMs, answersAs, refusesWith } = this.faults
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (isDead || bytes.length !== REQUEST_BYTES || bytes[0] !== unit || bytes[1] !== READ_INPUT) return []
    if (crc16(bytes, 0, 6) !== view.getUint16(6, true)) return []
    const [first, count] = [view.getUint16(2), view.getUint16(4)]
    const refusal = refusesWith ?? (first + count > REGISTERS ? UNKNOWN_ADDRESS : null)
    const words = sdm630Registers(truth(now)).subarray(2 * first, 2 * (first + count))
    const said = refusal === null ? [READ_INPUT, 2 * count, ...words] : [READ_INPUT | 0x80, refusal]
    return [{ bytes: checked([answersAs ?? unit, ...said]), delayMs: delayMs() + lateMs }]
  }
}

/** All input registers as bytes, from the first on; what a meter does not have is 0. */
export function sdm630Registers(truth: MeterTruth): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * REGISTERS))
  const put = (register: number, value: number | null) => view.setFloat32(2 * register, value ?? 0)
  truth.voltageV.forEach((value, i) => {
    put(2 * i, value)
  })
  truth.currentA.forEach((value, i) => {
    put(6 + 2 * i, value)
  })
  put(0x34, truth.activePowerW)
  put(0x3c, truth.reactivePowerVar)
  put(0x48, truth.activeEnergyWh / 1_000)
  return new Uint8Array(view.buffer)
}

function checked(body: readonly number[]): Uint8Array {
  const crc = crc16(Uint8Array.from(body))
  return Uint8Array.from([...body, crc & 0xff, crc >> 8])
}
