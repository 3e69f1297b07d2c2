/** What is wired to which pin, as lists to go through. Pure. */
import type { Actuation } from '../contract.ts'
import type { AnalogInput, BoardOptions, ContactOptions, OutputOptions } from './options.ts'

export type OutputName = Actuation['output']
export const OUTPUT_NAMES: readonly OutputName[] = ['siren', 'strobe', 'relay']

export interface Wiring {
  readonly contacts: readonly ContactOptions[]
  readonly analogInputs: readonly AnalogInput[]
  readonly outputs: readonly { readonly name: OutputName; readonly output: OutputOptions }[]
}

export function wiringOf(options: BoardOptions): Wiring {
  const { door, tamper, tilt, supply } = options
  const tiltInputs: readonly AnalogInput[] =
    tilt?.kind === 'accelerometer' ? [tilt.x, tilt.y, tilt.z] : tilt?.kind === 'inclinometer' ? [tilt.input] : []
  return {
    contacts: [door, tamper, tilt?.kind === 'switch' ? tilt : undefined].filter((contact) => contact !== undefined),
    analogInputs: [...tiltInputs, ...(supply ? [supply.input] : [])],
    outputs: OUTPUT_NAMES.flatMap((name) => {
      const output = options[name]
      return output ? [{ name, output }] : []
    }),
  }
}

export const channelOf = (input: AnalogInput): number => Number(input.slice(1))
