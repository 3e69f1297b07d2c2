import type { Meter } from '../meter-bus/meter.ts'
import type { MeterAddress } from './address.ts'
import { choresOf } from './chores.ts'
import { type BlockUse, PowerReader } from './power-reader.ts'
import { question1997 } from './questions.ts'

export interface Dlt645Options {
  readonly address: MeterAddress
  readonly blocks: BlockUse
}

/** A meter of DL/T 645-2007. */
export function createDlt645Meter({ address, blocks }: Dlt645Options): Meter {
  const power = new PowerReader(address, blocks)
  return {
    address,
    readPower: (ask) => power.read(ask),
    chores: choresOf(address),
    probeOldProtocol: (ask) => ask(question1997(address)),
  }
}
